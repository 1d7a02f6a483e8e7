'use strict';

const { describeClient } = require('../support/client-contract');

describeClient('node-fetch');
describeClient('node-fetch-2');
