'use strict';

const { describeClient } = require('../support/client-contract');

describeClient('follow-redirects');
