'use strict';

// The part of S3 that the test of its client asks for: objects of one bucket, in memory.

const { serve } = require('./server');
const { serveTls } = require('./tls-server');

const LIST = '/bucket/';

/** A Site with a `url` and with `objects` by their path. */
async function fakeS3(scheme) {
  const objects = new Map();
  const listener = async (req, res) => {
    const { pathname } = new URL(req.url, site.url);
    if (pathname === '/bucket/held') return site.hold({ req, res });
    if (pathname === '/bucket/reset') return req.socket.destroy();
    if (req.method === 'PUT') {
      objects.set(pathname, await received(req));
      res.setHeader('ETag', '"tag"');
      return res.end();
    }
    if (pathname === LIST) return list(objects, res);
    const object = objects.get(pathname);
    res.setHeader('content-type', object ? 'application/octet-stream' : 'application/xml');
    if (object) return res.end(object);
    res.statusCode = 404;
    return res.end('<Error><Code>NoSuchKey</Code><Message>There is none.</Message></Error>');
  };
  const site = scheme === 'https' ? await serveTls({}, listener) : await serve(listener);
  site.objects = objects;
  site.url = `${scheme}://127.0.0.1:${site.port}`;
  return site;
}

async function received(req) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return req.headers['content-encoding'] === 'aws-chunked' ? unchunked(body) : body;
}

// Chunks of the client's own, behind which its checksum comes.
function unchunked(body) {
  const chunks = [];
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at);
    const length = Number.parseInt(body.toString('latin1', at, end), 16);
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(body.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
}

function list(objects, res) {
  const contents = [...objects].map(
    ([path, { length }]) =>
      `<Contents><Key>${path.slice(LIST.length)}</Key><Size>${length}</Size></Contents>`,
  );
  res.setHeader('content-type', 'application/xml');
  res.end(
    `<?xml version="1.0"?><ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated>` +
      `<KeyCount>${objects.size}</KeyCount>${contents.join('')}</ListBucketResult>`,
  );
}

module.exports = { fakeS3 };
