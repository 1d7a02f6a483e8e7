'use strict';

// How a program gives the AWS SDK agents: by a NodeHttpHandler.

module.exports = {
  load: () => ({
    ...require('@aws-sdk/client-s3'),
    ...require('@smithy/node-http-handler'),
  }),

  client({ S3Client, NodeHttpHandler }, endpoint, agents, options) {
    return new S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler({
        httpAgent: agents.http,
        httpsAgent: agents.https,
        ...options,
      }),
    });
  },

  /** The content of the object that the URL names. */
  async request(own, url, { agents }) {
    const { origin, pathname } = new URL(url);
    const [, Bucket, Key] = pathname.split('/');
    const client = this.client(own, origin, agents);
    const { Body } = await client.send(new own.GetObjectCommand({ Bucket, Key }));
    return { status: 200, body: await Body.transformToString() };
  },
};
