'use strict';

// The mocks, one entry each:
//   name   as the tests call it
//   file   in this folder: load(...args) loads the mock and returns { begin, end }
//   args   of load()
//   skip(major)  the reason why this version of Node can't run the mock, if it can't
//
// begin({ sites, modules, agents }) lets the mock answer what is sent to the sites of `sites.mocked`, and
// may return { report, sites: others in their place }; end() takes it away again. What is sent to
// the sites of `sites.passed` is let through.
const mocks = [
  { name: 'nock 13', file: 'nock', args: ['nock-13'] },
  { name: 'nock 14', file: 'nock', args: ['nock-14'] },
  {
    name: 'nock 15',
    file: 'nock',
    args: ['nock-15'],
    skip: (major) =>
      major < 22 ? 'it calls Promise.withResolvers(), which Node 20 has not' : null,
  },
  { name: 'msw', file: 'msw' },
  { name: 'mitm', file: 'mitm' },
  { name: 'mockttp', file: 'mockttp' },
  { name: 'Polly', file: 'polly' },
  { name: 'sinon', file: 'sinon' },
];

module.exports = { mocks };
