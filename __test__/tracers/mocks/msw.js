'use strict';

function load() {
  const { http, HttpResponse, delay } = require('msw');
  const { setupServer } = require('msw/node');
  const server = setupServer();
  return {
    begin({ sites }) {
      server.listen({ onUnhandledRequest: 'bypass' });
      for (const { origin } of sites.mocked) {
        server.use(
          http.get(`${origin}/`, () => new HttpResponse('mocked', { headers: { 'X-By': 'msw' } })),
          http.post(`${origin}/`, async ({ request }) => {
            return new HttpResponse(await request.text(), { status: 201 });
          }),
          http.get(`${origin}/late`, async () => {
            await delay(1);
            return new HttpResponse('mocked');
          }),
          http.get(`${origin}/error`, () => HttpResponse.error()),
        );
      }
    },
    end: () => server.close(),
  };
}

module.exports = { load };
