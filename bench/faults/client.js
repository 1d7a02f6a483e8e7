'use strict';

// The process of one client under one fault, so that memory, descriptors and threads are its own.

const { serveParent } = require('../ipc');

const { measure } = require(`./clients/${process.argv[2]}`);

serveParent({ measure });
