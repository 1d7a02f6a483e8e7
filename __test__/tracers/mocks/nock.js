'use strict';

function load(name) {
  const loaded = require(name);
  // nock 15 is an ES module.
  const nock = loaded.default ?? loaded;
  return {
    begin({ sites }) {
      if (!nock.isActive()) nock.activate();
      nock.enableNetConnect();
      for (const { origin } of sites.mocked) {
        nock(origin).persist().get('/').reply(200, 'mocked', { 'X-By': 'nock' });
        nock(origin).persist().post('/', 'a body').reply(201, 'got it');
        nock(origin).persist().get('/late').delay(1).reply(200, 'mocked');
        nock(origin)
          .persist()
          .get('/error')
          .replyWithError(Object.assign(new Error('no'), { code: 'ENO' }));
      }
    },
    end() {
      nock.cleanAll();
      nock.restore();
    },
  };
}

module.exports = { load };
