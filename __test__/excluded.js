'use strict';

// What of this suite cannot hold on Deno and Bun, with the reasons; scripts/test-on-runtime.js
// leaves it out. A file is named by its path from here, a title is that of a test or of a
// `describe`; a file without titles is left out wholly.

const OPENSSL = 'asks OpenSSL, or compares with it in every field: this runtime has none';
const FIELDS = "the runtime's own TLS, with which it compares, has other errors, fields or events";
const NET = "the runtime's own net, with which it compares, has other errors than Node's";
const SERVER = "the runtime's TLS server, or its ciphers, can't do what the test needs";
const RESUMED = "the runtime's HTTPS server does not tell that a session was resumed";
const FLAGS = "Node's flags, its debug log or its warning: not this runtime's";

const HOOKS = "asserts on Node's async ids and resources, which this runtime has not";
const ENTRIES = "this runtime's PerformanceObserver knows no 'net' and no 'dns'";
const PRELOAD = "Node's --require, --import and NODE_OPTIONS: this runtime preloads otherwise";
const PARSER = "Node's own HTTP parser: this runtime's client has another";
const SUITE = "runs Node's own suite, of Node's own flags";
const FAULTS = "compares the errors of faults with the runtime's own client, which has others";

const UNDER =
  "under a tracer this runtime's own sockets serve: only Node's have a descriptor to give away";

const WITHIN =
  "the runtime's node:test fakes its timers from within: every reference to them is faked";

const both = [
  {
    file: 'bare-globals',
    why: "the runtime's own client uses globals, whatever they are by then",
    titles: ['globals deleted', 'globals replaced'],
  },
  {
    file: 'active-resources',
    why: 'this runtime does not tell of its own handles as Node does, or not at all',
  },
  { file: 'addon-forbidden', why: FLAGS },
  { file: 'agent-async-id', why: HOOKS },
  { file: 'agent-async-resource', why: HOOKS },
  { file: 'agent-debug-log', why: FLAGS },
  { file: 'conformance', why: SUITE },
  { file: 'permission', why: FLAGS },
  { file: 'parser-copies', why: PARSER },
  { file: 'perf-entries', why: ENTRIES },
  { file: 'trace-events', why: FLAGS },
  { file: 'traced-connect', why: UNDER },
  { file: 'traced-given-up', why: UNDER },
  { file: 'under-node', why: UNDER },
  { file: 'register', why: PRELOAD },
  {
    file: 'transport-warning',
    why: "a tracer's connections are the runtime's own here, as docs/which-sockets-are-native.md says",
    titles: ["a warning of Node's transport does not come under a tracer"],
  },
  {
    file: 'transport-warning',
    why: FLAGS,
    titles: [
      "a warning of Node's transport names trace events",
      "a warning of Node's transport names a flag of Node",
      "a warning of Node's transport names permissions",
    ],
  },
  {
    file: 'transport-warning',
    why: SERVER,
    titles: [
      "a warning of Node's transport names a server that has shown in its handshake that it needs it, once",
      "a warning of Node's transport with transportWarning: false does not come of a server",
    ],
  },
  { file: 'faults-slow', why: FAULTS },
  { file: 'faults-tls-bytes', why: FAULTS },
  { file: 'tls-verdict-noise', why: OPENSSL },
  { file: 'https-option-noise', why: OPENSSL },
  {
    file: 'agent-errors',
    why: NET,
    titles: [
      'Agent errors a connection with a local address that is not ours fails as with net.connect',
      'Agent errors a connection to the broadcast address fails as with net.connect',
    ],
  },
  { file: 'https-defaults', why: OPENSSL },
  { file: 'https-keylog', why: OPENSSL },
  {
    file: 'https-option-ca',
    why: FIELDS,
    titles: [
      'HttpsAgent option ca does not trust the intermediate alone',
      'HttpsAgent option ca does not trust no PEM at all',
      'HttpsAgent option ca does not trust DER, as Node ignores it',
    ],
  },
  { file: 'https-option-pfx', why: OPENSSL },
  { file: 'tls-client-schemes', why: SERVER },
  { file: 'tls-errors-legacy', why: OPENSSL },
  {
    file: 'https-option-servername',
    why: FIELDS,
    titles: [
      'HttpsAgent option servername asks for nothing for an IP host',
      'HttpsAgent option servername asks for nothing for an IP in the Host header',
      'HttpsAgent option servername asks for nothing for [::1] in the Host header',
      "HttpsAgent option servername asks for nothing for ''",
      "HttpsAgent option servername asks for nothing for '' and an IP host",
      'HttpsAgent option servername asks for nothing for null and an IP host',
      `HttpsAgent option servername {"servername":"","host":"localhost"} for 127.0.0.1 ends as with Node's agent`,
    ],
  },
  {
    file: 'https-secrets',
    why: FLAGS,
    titles: [
      "HttpsAgent secrets are in the debug log of http,https,tls,net only where Node's has them",
      "HttpsAgent secrets are in the debug log of http,https,tls,net,stream,timer only where Node's has them",
    ],
  },
  {
    file: 'https-session-option',
    why: SERVER,
    titles: [
      'HttpsAgent session option of an earlier Node, unwrapped, leaves the connection verified',
      "HttpsAgent session option TLSv1.2 comes before the agent's own",
      "HttpsAgent session option TLSv1.3 comes before the agent's own",
    ],
  },
  {
    file: 'https-session-resume',
    why: SERVER,
    titles: [
      'HttpsAgent session resumption is by session id, where the server keeps the sessions of TLS 1.2',
      'HttpsAgent session resumption TLSv1.2 that the server refuses is a full handshake',
      'HttpsAgent session resumption TLSv1.3 that the server refuses is a full handshake',
    ],
  },
  {
    file: 'https-transport',
    why: OPENSSL,
    titles: [
      'HttpsAgent option transport absent is auto, which is rustls for what rustls can serve',
      'HttpsAgent option transport rustls with maxVersion throws, naming it',
      'HttpsAgent option transport auto with maxVersion is node',
      'HttpsAgent option transport rustls with secureProtocol throws, naming it',
      'HttpsAgent option transport auto with secureProtocol is node',
      'HttpsAgent option transport auto goes over to node when the server knows nothing that rustls does',
      'HttpsAgent option transport rustls does not go over',
    ],
  },
  {
    file: 'https-trust',
    why: FLAGS,
    titles: [
      'HttpsAgent trust by default --use-openssl-ca in NODE_OPTIONS is the same',
      'HttpsAgent trust by default NODE_TLS_REJECT_UNAUTHORIZED "0" accepts',
      'HttpsAgent trust by default NODE_TLS_REJECT_UNAUTHORIZED is read at each connection',
    ],
  },
  {
    file: 'socket-errors',
    why: NET,
    titles: [
      'a connection that cannot be made from an address that is not ours is the error of bind',
      'a connection that cannot be made from an IPv6 address to an IPv4 one is the error of bind, and no attempt',
      'a connection that cannot be made from any IPv6 address to an IPv4 one is the error of bind, and no attempt',
      'a connection that cannot be made from an IPv4 address written as IPv6 to an IPv4 one is the error of bind, and no attempt',
      'a connection that cannot be made from an IPv4 address to an IPv6 one is the error of bind',
      'a connection that cannot be made from an IPv4 address written as IPv6 to an IPv6 one is refused at once',
    ],
  },
  {
    file: 'socket-filter',
    why: SERVER,
    titles: ["a filter of addresses, where Node's TLS takes over"],
  },
  { file: 'tls-errors-alert', why: OPENSSL },
  { file: 'tls-errors-fallback', why: OPENSSL },
  { file: 'tls-errors-handshake', why: OPENSSL },
  { file: 'tls-errors-name', why: OPENSSL },
  { file: 'tls-errors-record', why: OPENSSL },
  { file: 'tls-failure-errors', why: OPENSSL },
  { file: 'tls-fallback-curves', why: OPENSSL },
  { file: 'tls-fallback-data', why: OPENSSL },
  { file: 'tls-fallback-state', why: OPENSSL },
  { file: 'tls-peer-certificate', why: OPENSSL },
  {
    file: 'tls-pem',
    why: OPENSSL,
    titles: ['certificates in PEM are not read by OpenSSL when they are a thousand'],
  },
  { file: 'tls-plan-cache', why: OPENSSL },
  {
    file: 'tls-plan-roots',
    why: OPENSSL,
    titles: [
      "roots of a plan with ca given as garbage are Node's",
      "roots of a plan with ca given as DER are Node's",
      'roots of a plan with ca given as false are the default ones',
      'roots of a plan with ca given as 0 are the default ones',
      "default roots of a plan are OpenSSL's with --use-openssl-ca, and left to Node",
    ],
  },
  { file: 'tls-plan', why: OPENSSL },
  { file: 'tls-socket-certificates', why: OPENSSL },
  { file: 'tls-socket-destroy', why: OPENSSL },
  {
    file: 'tls-socket-events',
    why: FIELDS,
    titles: [
      "the events of a TLS connection TLSv1.2 come in Node's order, with a name",
      "the events of a TLS connection TLSv1.2 come in Node's order, with an address",
      "the events of a TLS connection TLSv1.2 come in Node's order, with a body",
      "the events of a TLS connection TLSv1.2 come in Node's order, with a large body",
      "the events of a TLS connection TLSv1.2 come in Node's order over a resumed session",
      "the events of a TLS connection TLSv1.3 come in Node's order, with a name",
      "the events of a TLS connection TLSv1.3 come in Node's order, with an address",
      "the events of a TLS connection TLSv1.3 come in Node's order, with a body",
      "the events of a TLS connection TLSv1.3 come in Node's order, with a large body",
      "the events of a TLS connection TLSv1.3 come in Node's order over a resumed session",
    ],
  },
  {
    file: 'tls-socket-exporter',
    why: SERVER,
    titles: [
      "a TLS socket's exportKeyingMaterial TLSv1.2 gives what the server gives",
      "a TLS socket's exportKeyingMaterial TLSv1.2 gives every connection its own",
      "a TLS socket's exportKeyingMaterial TLSv1.2 is the same where the server begins with many small records",
      "a TLS socket's exportKeyingMaterial TLSv1.3 gives what the server gives",
      "a TLS socket's exportKeyingMaterial TLSv1.3 gives every connection its own",
      "a TLS socket's exportKeyingMaterial TLSv1.3 is the same where the server begins with many small records",
    ],
  },
  {
    file: 'tls-socket-exporter',
    why: FIELDS,
    titles: [
      "a TLS socket's exportKeyingMaterial TLSv1.2 is possible from secureConnect on",
      "a TLS socket's exportKeyingMaterial TLSv1.2 throws at wrong arguments what Node throws",
      "a TLS socket's exportKeyingMaterial TLSv1.2 checks its arguments before its state, as Node does",
      "a TLS socket's exportKeyingMaterial TLSv1.3 is possible from secureConnect on",
      "a TLS socket's exportKeyingMaterial TLSv1.3 throws at wrong arguments what Node throws",
      "a TLS socket's exportKeyingMaterial TLSv1.3 checks its arguments before its state, as Node does",
    ],
  },
  { file: 'tls-socket-facts', why: OPENSSL },
  {
    file: 'tls-socket-methods',
    why: FIELDS,
    titles: [
      'a method of a TLS socket TLSv1.2 renegotiate() throws at wrong arguments what Node throws',
      'a method of a TLS socket TLSv1.2 setMaxSendFragment() throws at wrong arguments what Node throws',
      'a method of a TLS socket TLSv1.2 setServername() throws at wrong arguments what Node throws',
      'a method of a TLS socket TLSv1.2 after the end throws or says nothing, and does no harm',
      'a method of a TLS socket TLSv1.2 resetAndDestroy() is for plain TCP alone',
      'a method of a TLS socket TLSv1.3 renegotiate() throws at wrong arguments what Node throws',
      'a method of a TLS socket TLSv1.3 setMaxSendFragment() throws at wrong arguments what Node throws',
      'a method of a TLS socket TLSv1.3 setServername() throws at wrong arguments what Node throws',
      'a method of a TLS socket TLSv1.3 after the end throws or says nothing, and does no harm',
      'a method of a TLS socket TLSv1.3 resetAndDestroy() is for plain TCP alone',
    ],
  },
  {
    file: 'tls-socket-session',
    why: FIELDS,
    titles: [
      "a TLS socket's session TLSv1.3 tells the ticket and the Finished messages over Node's transport",
    ],
  },
  {
    file: 'tls-socket-throw-once',
    why: FIELDS,
    titles: [
      "an exception in a TLS handshake in 'error' after the handshake gives up the connection",
    ],
  },
  {
    file: 'tls-stream-http',
    why: FIELDS,
    titles: [
      'HTTP over TLS TLSv1.2 refuses an upgrade that nobody listens for, as Node does',
      'HTTP over TLS TLSv1.3 refuses an upgrade that nobody listens for, as Node does',
    ],
  },
  {
    file: 'tls-stream-keep-alive',
    why: SERVER,
    titles: [
      'a kept TLS connection TLSv1.3, between two requests gets tickets, and stays in the pool',
      'a kept TLS connection TLSv1.3, between two requests gets new keys',
      'a kept TLS connection TLSv1.3, between two requests gets new keys, and is asked for its own',
      'a kept TLS connection TLSv1.3, between two requests gets new keys in the middle of a body',
    ],
  },
  {
    file: 'https-judges',
    why: 'here a request with a function of its own always has its connection to itself',
    titles: [
      'a server judged by a request is judged once for requests that have the same function',
      "a server judged by a request keeps the names of others Node's, and getName() for all",
      'a server judged by a request keeps the idle connections of 16 functions',
    ],
  },
  { file: 'tls-verdict', why: OPENSSL },
  { file: 'tls-verify-mutations', why: OPENSSL },
  { file: 'tls-verify-matrix', why: OPENSSL },
  { file: 'tls-verify-names', why: OPENSSL },
  { file: 'tls-verify', why: OPENSSL },
];

const deno = [
  { file: 'tls-errors-refused', why: SERVER },
  {
    file: 'fake-timers',
    why: WITHIN,
    titles: [
      'fake timers of node:test, installed after loading, stop no http request',
      'fake timers of node:test, installed after loading, stop no https request',
    ],
  },
  {
    file: 'tls-vetting',
    why: "this runtime's X509Certificate does not read extensions as OpenSSL does, and is not asked",
    titles: [
      'vetting refuses a path whose root has an extension that is malformed',
      'vetting refuses a path whose intermediate has an extension that is malformed',
      'vetting refuses a path whose leaf has an extension that is malformed',
      'vetting happens once for a chain, whatever agent meets it',
      "vetting leaves what it refuses to Node's TLS, and to nobody with transport rustls",
    ],
  },
  {
    file: 'agent-bounds-options',
    why: 'Deno cuts what it shows of a value elsewhere than Node',
    titles: ['The options that bound a long string is cut as Node cuts it'],
  },
  {
    file: 'https-option-versions',
    why: OPENSSL,
    titles: [
      'HttpsAgent options minVersion, maxVersion and secureProtocol {"minVersion":"TLSv1.1","maxVersion":"TLSv1.2","ciphers":"ALL@SECLEVEL=0"} gives TLSv1.2 by rustls too, where it is asked for',
      'HttpsAgent options minVersion, maxVersion and secureProtocol {"secureProtocol":"TLSv1_2_method"} gives TLSv1.2 by rustls too, where it is asked for',
      'HttpsAgent options minVersion, maxVersion and secureProtocol {"minVersion":"TLSv1","maxVersion":"TLSv1.1","ciphers":"ALL@SECLEVEL=0"} gives TLSv1.1',
      'HttpsAgent options minVersion, maxVersion and secureProtocol {"minVersion":"TLSv1","maxVersion":"TLSv1","ciphers":"ALL@SECLEVEL=0"} gives TLSv1',
      'HttpsAgent options minVersion, maxVersion and secureProtocol {"minVersion":""} gives /^thrown ERR_TLS_INVALID_PROTOCOL_VERSION: /',
      'HttpsAgent options minVersion, maxVersion and secureProtocol {"secureProtocol":"SSLv23_method"} gives TLSv1.2',
      'HttpsAgent options minVersion, maxVersion and secureProtocol {"secureProtocol":"SSLv23_client_method"} gives TLSv1.2',
      'HttpsAgent options minVersion, maxVersion and secureProtocol {"secureProtocol":"TLSv1_1_method","ciphers":"ALL@SECLEVEL=0"} gives TLSv1.1',
      'HttpsAgent options minVersion, maxVersion and secureProtocol {"secureProtocol":"TLSv1_method","ciphers":"ALL@SECLEVEL=0"} gives TLSv1',
      'HttpsAgent options minVersion, maxVersion and secureProtocol {"secureProtocol":"TLSv1_2_server_method"} gives /^(failed|thrown) /',
      'HttpsAgent options minVersion, maxVersion and secureProtocol {"secureProtocol":""} gives /^thrown ERR_TLS_INVALID_PROTOCOL_METHOD: /',
      'HttpsAgent options minVersion, maxVersion and secureProtocol {"secureOptions":536870912} gives TLSv1.2',
      'HttpsAgent options minVersion, maxVersion and secureProtocol {"secureOptions":671088640} gives /^(failed|thrown) /',
      'HttpsAgent options minVersion, maxVersion and secureProtocol {"secureOptions":"x"} gives /^thrown ERR_INVALID_ARG_TYPE: /',
      'HttpsAgent options minVersion, maxVersion and secureProtocol {"secureOptions":1.5} gives /^thrown ERR_OUT_OF_RANGE: /',
      'HttpsAgent options minVersion, maxVersion and secureProtocol a server of TLSv1 alone is served or refused as Node does',
      'HttpsAgent options minVersion, maxVersion and secureProtocol a server of TLSv1.1 alone is served or refused as Node does',
    ],
  },
  {
    file: 'tls-errors-renegotiate',
    why: "Deno's TLS does not renegotiate",
    titles: [
      'TLS errors: a server that renegotiates before its answer',
      'TLS errors: a server that renegotiates the program may, with {"maxVersion":"TLSv1.2"}',
      'TLS errors: a server that renegotiates the program may, with {"secureProtocol":"TLSv1_2_method"}',
    ],
  },
  { file: 'faults-cut', why: FAULTS },
  { file: 'faults-garbage', why: FAULTS },
  {
    file: 'agent-abort',
    why: "Deno's HTTP server emits 'error' for a request whose client has gone, which nobody hears",
    titles: [
      'Agent and requests given up an active request ended by destroy() before its answer leaves',
      'Agent and requests given up an active request ended by destroy(error) before its answer leaves',
      'Agent and requests given up an active request ended by its signal before its answer leaves',
    ],
  },
  {
    file: 'agent-foreign',
    why: "Deno's client and server in one process share what Node's keep apart",
    titles: ['Agent with sockets made by the program may lead to a server in the same process'],
  },
  {
    file: 'https-inspect',
    why: "Deno's client keeps the request's options where util.inspect() shows them",
    titles: ['an inspected TLS socket shows no passphrase of the request'],
  },
  {
    file: 'https-mock',
    why: "Deno's tls.connect() does not ask a tls.createSecureContext() that was replaced",
    titles: [
      'a replaced transport under TLS tls.createSecureContext, before, says whom to trust',
      'a replaced transport under TLS tls.createSecureContext, after, says whom to trust',
    ],
  },
  {
    file: 'https-name-key',
    why: "reads the mark of Node's client; oxagent sets one of its own on Deno",
    titles: [
      'HttpsAgent names as keys have a number for a request with checkServerIdentity of its own',
    ],
  },
  {
    file: 'https-option-ca',
    why: FIELDS,
    titles: [
      "HttpsAgent option ca that is an array with undefined throws as Node's agent throws",
      'HttpsAgent option ca does not trust a private key',
    ],
  },
  {
    file: 'https-option-cert',
    why: FIELDS,
    titles: [
      'HttpsAgent options cert and key given as a leaf whose issuer is in ca',
      'HttpsAgent options cert and key is not shown to a server that does not ask',
      'HttpsAgent options cert and key several: what the server can verify is shown: p256',
      "HttpsAgent options cert and key odd ones end as with Node's agent: the key of another kind",
      "HttpsAgent options cert and key odd ones end as with Node's agent: a passphrase that is no string",
    ],
  },
  {
    file: 'https-option-ciphers',
    why: OPENSSL,
    titles: [
      'HttpsAgent option ciphers that rustls knows in part is served by one that the list names',
      `HttpsAgent option ciphers "NOTHING:ALSO-NOTHING" ends as with Node's agent`,
      `HttpsAgent option ciphers "!ALL" ends as with Node's agent`,
      `HttpsAgent option ciphers "TLS_NOTHING" ends as with Node's agent`,
      `HttpsAgent option ciphers "!TLS_AES_128_GCM_SHA256" ends as with Node's agent`,
      `HttpsAgent option ciphers "HIGH:!TLS_AES_128_GCM_SHA256" ends as with Node's agent`,
      `HttpsAgent option ciphers "HIGH@SECLEVEL=9" ends as with Node's agent`,
      'HttpsAgent option ciphers by default serves or refuses a server that knows only RSA key exchange as Node does',
      'HttpsAgent option ciphers by default serves or refuses a server that knows only CBC as Node does',
      'HttpsAgent option ciphers by default serves or refuses a server that knows only DHE as Node does',
      'HttpsAgent option ciphers of a request decides, and makes another origin',
      'HttpsAgent option ciphers is followed by a server with an order of its own',
      'HttpsAgent option ciphers with honorCipherOrder true is the same for a client',
      'HttpsAgent option ciphers with honorCipherOrder false is the same for a client',
      'HttpsAgent option ciphers with honorCipherOrder null is the same for a client',
      'HttpsAgent option ciphers with honorCipherOrder yes is the same for a client',
      "HttpsAgent option ciphers up to TLSv1.2 undefined negotiates Node's suite",
    ],
  },
  {
    file: 'https-option-context',
    why: "Deno's TLS knows no crl, OCSP and partial chains",
    titles: [
      'HttpsAgent options that make a context allowPartialTrustChain trusts an intermediate in ca',
      'HttpsAgent options that make a context crl refuses a server that it lists',
      'HttpsAgent options that make a context crl refuses an intermediate that it lists',
      'HttpsAgent options that make a context crl that is missing for an issuer refuses',
      'HttpsAgent options that make a context crl of a request counts for that request',
      "HttpsAgent options that make a context requestOCSP true brings the server's response (TLSv1.2)",
      "HttpsAgent options that make a context requestOCSP true brings the server's response (TLSv1.3)",
    ],
  },
  { file: 'https-option-groups', why: OPENSSL },
  {
    file: 'https-option-identity',
    why: FIELDS,
    titles: [
      'HttpsAgent option checkServerIdentity of the agent is called as Node calls it (TLSv1.2)',
      'HttpsAgent option checkServerIdentity of the agent is called as Node calls it (TLSv1.3)',
    ],
  },
  {
    file: 'https-proxy',
    why: "goes Deno's own way through proxies, which has other errors and takes http_proxy for https: too",
    titles: [
      'HttpsAgent option proxyEnv without a proxy for https: is as if it were not there',
      'HttpsAgent option proxyEnv errors reach the request, as with Node’s agent: a proxy that does not answer in time',
    ],
  },
  {
    file: 'https-refused',
    why: FIELDS,
    titles: [
      'a server that is refused for its issuer has had its handshake (TLSv1.2)',
      'a server that is refused for its issuer has had its handshake (TLSv1.3)',
    ],
  },
  {
    file: 'https-secrets',
    why: FLAGS,
    titles: ['HttpsAgent secrets are where Node shows them, and nowhere else'],
  },
  {
    file: 'https-session-cache',
    why: FIELDS,
    titles: [
      'HttpsAgent session cache methods are called as Node calls them (TLSv1.2)',
      'HttpsAgent session cache methods are called as Node calls them (TLSv1.3)',
    ],
  },
  {
    file: 'https-transport',
    why: OPENSSL,
    titles: ['HttpsAgent option transport node keeps, limits and resumes'],
  },
  {
    file: 'https-trust',
    why: FLAGS,
    titles: [
      'HttpsAgent trust by default NODE_EXTRA_CA_CERTS is read when the process starts, not later',
      'HttpsAgent trust by default tls.setDefaultCACertificates() counts from the next connection on, and may be taken back',
    ],
  },
  {
    file: 'process-exit',
    why: 'Deno ends with 1 after an exception, whatever process.exitCode is',
    titles: ["a process that ends mid-flight ends with its code by 'throw', 4 times"],
  },
  {
    file: 'process-leaks',
    why: 'Deno opens a pair of unix sockets for itself, at a time of its own',
    titles: [
      'many requests without keep-alive leave no descriptor open',
      'many requests of agents that are destroyed leave no descriptor open',
    ],
  },
  { file: 'tls-errors-chain', why: OPENSSL },
  {
    file: 'tls-errors-client-certificate',
    why: OPENSSL,
    titles: [
      'TLS errors: the client certificate missing, TLS 1.2: the handshake fails',
      "TLS errors: the client certificate missing, TLS 1.3: the alert comes after 'secureConnect'",
    ],
  },
  {
    file: 'tls-errors-close',
    why: FIELDS,
    titles: [
      'TLS errors: the end of a connection, TLSv1.2 an early reset of the body aborts the response',
      'TLS errors: the end of a connection, TLSv1.3 an early reset of the body aborts the response',
    ],
  },
  {
    file: 'tls-errors-renegotiate',
    why: OPENSSL,
    titles: [
      'TLS errors: a server that renegotiates on a connection that waits in the pool: the next request is answered',
    ],
  },
  {
    file: 'tls-fallback-events',
    why: OPENSSL,
    titles: ['the other transport is asked for keys and sessions only if heard'],
  },
  { file: 'tls-plan-certificate', why: OPENSSL },
  {
    file: 'tls-plan-roots',
    why: OPENSSL,
    titles: [
      "roots of a plan with ca given as spaces after lines are Node's",
      'default roots of a plan have those of NODE_EXTRA_CA_CERTS',
      'default roots of a plan do not change with the variable at run time, as in Node',
    ],
  },
  {
    file: 'tls-socket-bytes',
    why: "waits for a request's 'close', and Deno's requests do not tell that they have closed",
    titles: [
      "the byte counts of a TLS socket TLSv1.2 are Node's for 0 bytes each way",
      "the byte counts of a TLS socket TLSv1.2 are Node's for 1 bytes each way",
      "the byte counts of a TLS socket TLSv1.2 are Node's for 5000 bytes each way",
      "the byte counts of a TLS socket TLSv1.2 are Node's for 300000 bytes each way",
      "the byte counts of a TLS socket TLSv1.3 are Node's for 0 bytes each way",
      "the byte counts of a TLS socket TLSv1.3 are Node's for 1 bytes each way",
      "the byte counts of a TLS socket TLSv1.3 are Node's for 5000 bytes each way",
      "the byte counts of a TLS socket TLSv1.3 are Node's for 300000 bytes each way",
    ],
  },
  {
    file: 'tls-socket-events',
    why: FIELDS,
    titles: [
      "the events of a TLS connection come in Node's order where Node's TLS has to take over",
    ],
  },
  {
    file: 'tls-socket-session',
    why: FIELDS,
    titles: [
      "a TLS socket's session TLSv1.2 tells the ticket and the Finished messages over Node's transport",
      "a TLS socket's session TLSv1.3 makes no event where it is resumed",
    ],
  },
  {
    file: 'tls-stream-broken',
    why: FIELDS,
    titles: [
      'a response over TLS that is cut by close_notify, up to the end of the connection, is what it is in Node (TLSv1.2)',
      'a response over TLS that is cut by close_notify and the end of TCP, up to the end of the connection, is what it is in Node (TLSv1.2)',
      'a response over TLS that is cut by the end of TCP, up to the end of the connection, is what it is in Node (TLSv1.2)',
      'a response over TLS that is cut by a reset, with a length, is what it is in Node (TLSv1.2)',
      'a response over TLS that is cut by a reset, in chunks, is what it is in Node (TLSv1.2)',
      'a response over TLS that is cut by a reset, up to the end of the connection, is what it is in Node (TLSv1.2)',
      'a response over TLS that is cut by close_notify, up to the end of the connection, is what it is in Node (TLSv1.3)',
      'a response over TLS that is cut by close_notify and the end of TCP, up to the end of the connection, is what it is in Node (TLSv1.3)',
      'a response over TLS that is cut by the end of TCP, up to the end of the connection, is what it is in Node (TLSv1.3)',
      'a response over TLS that is cut by a reset, with a length, is what it is in Node (TLSv1.3)',
      'a response over TLS that is cut by a reset, in chunks, is what it is in Node (TLSv1.3)',
      'a response over TLS that is cut by a reset, up to the end of the connection, is what it is in Node (TLSv1.3)',
    ],
  },
  {
    file: 'tls-stream-download',
    why: "waits for a request's 'close', and Deno's requests do not tell that they have closed",
    titles: [
      'a download over TLS TLSv1.2 of 0 bytes is whole',
      'a download over TLS TLSv1.2 of 1 bytes is whole',
      'a download over TLS TLSv1.2 of 16383 bytes is whole',
      'a download over TLS TLSv1.2 of 16384 bytes is whole',
      'a download over TLS TLSv1.2 of 16385 bytes is whole',
      'a download over TLS TLSv1.2 of 70000 bytes is whole',
      'a download over TLS TLSv1.2 of 8388615 bytes is whole',
      'a download over TLS TLSv1.3 of 0 bytes is whole',
      'a download over TLS TLSv1.3 of 1 bytes is whole',
      'a download over TLS TLSv1.3 of 16383 bytes is whole',
      'a download over TLS TLSv1.3 of 16384 bytes is whole',
      'a download over TLS TLSv1.3 of 16385 bytes is whole',
      'a download over TLS TLSv1.3 of 70000 bytes is whole',
      'a download over TLS TLSv1.3 of 8388615 bytes is whole',
    ],
  },
  {
    file: 'tls-stream-http',
    why: "Deno's HTTPS server hands no connection over",
    titles: [
      'HTTP over TLS TLSv1.2 hands the connection over by upgrade',
      'HTTP over TLS TLSv1.2 hands the connection over by connect',
      'HTTP over TLS TLSv1.3 hands the connection over by upgrade',
      'HTTP over TLS TLSv1.3 hands the connection over by connect',
    ],
  },
  {
    file: 'tls-stream-upload',
    why: "Deno's TLS server reads on while nobody takes what it has read",
    titles: [
      'an upload over TLS TLSv1.2 waits for a server that does not read',
      'an upload over TLS TLSv1.3 waits for a server that does not read',
    ],
  },
  {
    file: 'tls-verify-client',
    why: OPENSSL,
    titles: [
      'a server without the key of its certificate',
      "a client certificate without its intermediate, which is in ca: the server sees what Node's client shows it (TLSv1.2)",
      'a client certificate without its intermediate, which is in ca: enough for a server that demands one (TLSv1.2)',
      'a client certificate none: not enough for a server that demands one (TLSv1.3)',
      "a client certificate without its intermediate, which is in ca: the server sees what Node's client shows it (TLSv1.3)",
      'a client certificate without its intermediate, which is in ca: enough for a server that demands one (TLSv1.3)',
      'a client certificate without its key: not enough for a server that demands one (TLSv1.3)',
      'a client certificate of which there is only the key: not enough for a server that demands one (TLSv1.3)',
    ],
  },
  {
    file: 'faults-descriptors',
    why: 'Deno panics where there are no descriptors left, with its own agent too',
  },
  {
    file: 'faults-destroy',
    why: FIELDS,
    titles: [
      "ended at every point of its life (https) in 'response', by res.destroy(): it ends as with Node's agent",
      "ended at every point of its life (https) in 'response', by res.destroy(error): it ends as with Node's agent",
      "ended at every point of its life (https) in 'response', by all of them: it ends as with Node's agent",
      "ended at every point of its life (https) in the first 'data', by res.destroy(): it ends as with Node's agent",
      "ended at every point of its life (https) in the first 'data', by res.destroy(error): it ends as with Node's agent",
      "ended at every point of its life (https) in the first 'data', by all of them: it ends as with Node's agent",
      "ended at every point of its life (https) between two chunks, by res.destroy(): it ends as with Node's agent",
      "ended at every point of its life (https) between two chunks, by res.destroy(error): it ends as with Node's agent",
      "ended at every point of its life (https) between two chunks, by all of them: it ends as with Node's agent",
    ],
  },
  {
    file: 'poison',
    why: FIELDS,
    titles: [
      "bytes behind a whole answer (https) with a length, in its packet, end the request as with Node's agent",
      "bytes behind a whole answer (https) in chunks, in its packet, end the request as with Node's agent",
      "bytes behind a whole answer (https) without a body, in its packet, end the request as with Node's agent",
      "bytes behind a whole answer (https) to HEAD, in its packet, end the request as with Node's agent",
    ],
  },
];

const bun = [
  {
    file: 'transport-warning',
    why: 'Bun runs another text of a function than its file has',
    titles: ["a warning of Node's transport names the file of what was replaced"],
  },
  {
    file: 'stream-early-end',
    why: 'Bun reads all that a Unix socket holds at once: with nothing unread its end is no reset',
    titles: [
      'a reset while the request is being sent over a Unix socket, before any answer, is ECONNRESET of read',
    ],
  },
  {
    file: 'fake-timers',
    why: WITHIN,
    titles: [
      'fake timers of node:test, installed before loading, stop no http request',
      'fake timers of node:test, installed before loading, stop no https request',
    ],
  },
  {
    file: 'tls-errors-refused',
    why: FIELDS,
    titles: [
      'TLS errors: a server that refuses the hello whoever asks by its end: the request fails as with Node, after one try more',
      'TLS errors: a server that refuses the hello whoever asks by close_notify: the request fails as with Node, after one try more',
      'TLS errors: a server that refuses the hello whoever asks by close_notify and its end: the request fails as with Node, after one try more',
      'TLS errors: a server that refuses the hello whoever asks by a warning and its end: the request fails as with Node, after one try more',
    ],
  },
  {
    file: 'https-judges',
    why: RESUMED,
    titles: [
      'a server judged by a request leaves no session to others, be it handed over (TLSv1.2)',
      'a server judged by a request leaves no session to others, be it handed over (TLSv1.3)',
    ],
  },
  {
    file: 'agent-lookup',
    why: NET,
    titles: ['Agent lookup of the system gives the error of dns.lookup'],
  },
  {
    file: 'bridge-context',
    why: 'Bun has no execution ids',
    titles: [
      'the async context of socket events has an execution id of its own for each use of the socket',
    ],
  },
  {
    file: 'bridge-throw',
    why: "Bun prints another stack for an 'error' event that nobody hears",
    titles: [
      "a listener that throws on 'unhandled' ends a process that does not catch it, with its stack",
    ],
  },
  {
    file: 'https-inspect',
    why: "calls a method that Bun's TLSSocket does not have",
    titles: ['an inspected TLS socket takes the calls that Node makes on its own'],
  },
  {
    file: 'https-mock',
    why: "Bun's tls.connect() does not ask a tls.createSecureContext() that was replaced",
    titles: [
      'a replaced transport under TLS tls.createSecureContext, before, says whom to trust',
      'a replaced transport under TLS tls.createSecureContext, after, says whom to trust',
    ],
  },
  {
    file: 'https-name',
    why: "compares with the getName() of Bun's agent, which names objects otherwise",
    titles: [
      'HttpsAgent getName leaves out what makes no other connection',
      'HttpsAgent getName ca an object reads "an object"',
      'HttpsAgent getName key [{"pem":"one","passphrase":"p"}] reads "[object Object]"',
      'HttpsAgent getName pfx as an array {"pfx":[{"other":"one"}]} reads ":[object Object]:undefined"',
    ],
  },
  {
    file: 'https-option-alpn',
    why: "Bun's HTTPS server chooses no protocol",
    titles: [
      'HttpsAgent option ALPNProtocols is told on a connection that is used again',
      'HttpsAgent option ALPNProtocols is told on a resumed session',
      `HttpsAgent option ALPNProtocols TLSv1.2 ["http/1.1"] ends as with Node's agent`,
      `HttpsAgent option ALPNProtocols TLSv1.2 ["h2","http/1.1"] ends as with Node's agent`,
      `HttpsAgent option ALPNProtocols TLSv1.2 ["other","xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx ends as with Node's agent`,
      "HttpsAgent option ALPNProtocols TLSv1.2 a Buffer ends as with Node's agent",
      `HttpsAgent option ALPNProtocols TLSv1.2 {"0":8,"1":104,"2":116,"3":116,"4":112," ends as with Node's agent`,
      'HttpsAgent option ALPNProtocols TLSv1.2 chosen by a server with protocols of its own',
      'HttpsAgent option ALPNProtocols TLSv1.2 chosen by a callback of the server',
      `HttpsAgent option ALPNProtocols TLSv1.3 ["http/1.1"] ends as with Node's agent`,
      `HttpsAgent option ALPNProtocols TLSv1.3 ["h2","http/1.1"] ends as with Node's agent`,
      `HttpsAgent option ALPNProtocols TLSv1.3 ["other","xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx ends as with Node's agent`,
      "HttpsAgent option ALPNProtocols TLSv1.3 a Buffer ends as with Node's agent",
      `HttpsAgent option ALPNProtocols TLSv1.3 {"0":8,"1":104,"2":116,"3":116,"4":112," ends as with Node's agent`,
      'HttpsAgent option ALPNProtocols TLSv1.3 chosen by a server with protocols of its own',
      'HttpsAgent option ALPNProtocols TLSv1.3 chosen by a callback of the server',
    ],
  },
  {
    file: 'https-option-ca',
    why: FIELDS,
    titles: ['HttpsAgent option ca does not trust a certificate cut short'],
  },
  {
    file: 'https-option-cert',
    why: "Bun's HTTPS server does not tell of a client's certificate",
    titles: [
      'HttpsAgent options cert and key TLSv1.2',
      'HttpsAgent options cert and key TLSv1.3',
      'HttpsAgent options cert and key several: what the server can verify is shown:',
      'HttpsAgent options cert and key absent: the server sees nobody',
      'HttpsAgent options cert and key given as Buffers',
      'HttpsAgent options cert and key given as arrays of one',
      'HttpsAgent options cert and key given as an array of a key with its passphrase',
      'HttpsAgent options cert and key given as an array of a key with the common passphrase',
      'HttpsAgent options cert and key given as a passphrase that no key needs',
      'HttpsAgent options cert and key given as cert and key in one text',
      'HttpsAgent options cert and key given as CRLF line ends',
      'HttpsAgent options cert and key given as a leaf whose issuer is in ca',
      'HttpsAgent options cert and key given with a request',
      'HttpsAgent options cert and key is not shown to a server that does not ask',
      "HttpsAgent options cert and key odd ones end as with Node's agent: a cert without its key",
      "HttpsAgent options cert and key odd ones end as with Node's agent: a key without its cert",
      "HttpsAgent options cert and key odd ones end as with Node's agent: the key of another kind",
      "HttpsAgent options cert and key odd ones end as with Node's agent: a leaf whose issuer nobody sends",
      "HttpsAgent options cert and key odd ones end as with Node's agent: a passphrase that is no string",
      "HttpsAgent options cert and key odd ones end as with Node's agent: a self-signed one",
      "HttpsAgent options cert and key odd ones end as with Node's agent: an RSA key of 1,024 bits",
    ],
  },
  {
    file: 'https-option-cert',
    why: FIELDS,
    titles: [
      "HttpsAgent options cert and key odd ones end as with Node's agent: the root for a cert",
    ],
  },
  { file: 'https-option-ciphers', why: OPENSSL },
  {
    file: 'https-option-context',
    why: FIELDS,
    titles: [
      'HttpsAgent options that make a context allowPartialTrustChain trusts an intermediate in ca',
      "HttpsAgent options that make a context requestOCSP true brings the server's response (TLSv1.2)",
      "HttpsAgent options that make a context requestOCSP true brings the server's response (TLSv1.3)",
    ],
  },
  {
    file: 'https-option-context',
    why: "Bun's HTTPS server does not tell of a client's certificate",
    titles: ['HttpsAgent options that make a context secureContext carries a client certificate'],
  },
  {
    file: 'https-option-groups',
    why: OPENSSL,
    titles: [
      'HttpsAgent options ecdhCurve and sigalgs sigalgs up to TLSv1.2',
      'HttpsAgent options ecdhCurve and sigalgs sigalgs up to TLSv1.3',
      "HttpsAgent options ecdhCurve and sigalgs dhparam is checked as Node's agent checks it",
      "HttpsAgent options ecdhCurve and sigalgs sessionIdContext is checked as Node's agent checks it",
      'HttpsAgent options ecdhCurve and sigalgs ecdhCurve up to TLSv1.2 by default meets a server of P-521 alone',
      "HttpsAgent options ecdhCurve and sigalgs ecdhCurve up to TLSv1.3 undefined ends as with Node's agent",
      'HttpsAgent options ecdhCurve and sigalgs ecdhCurve up to TLSv1.3 by default meets a server of P-521 alone',
      'HttpsAgent options ecdhCurve and sigalgs minDHSize refuses a server whose group is smaller',
    ],
  },
  {
    file: 'https-option-identity',
    why: RESUMED,
    titles: [
      'HttpsAgent option checkServerIdentity is asked once a connection, and not about a resumed one',
      'HttpsAgent option checkServerIdentity of a request does not get the session of another request, nor leave one',
    ],
  },
  {
    file: 'https-option-reject',
    why: FIELDS,
    titles: [
      'HttpsAgent option rejectUnauthorized undefined of the agent refuses',
      'HttpsAgent option rejectUnauthorized true of the agent refuses',
      'HttpsAgent option rejectUnauthorized null of the agent refuses',
      'HttpsAgent option rejectUnauthorized 0 of the agent refuses',
      "HttpsAgent option rejectUnauthorized '' of the agent refuses",
      'HttpsAgent option rejectUnauthorized NaN of the agent refuses',
      'HttpsAgent option rejectUnauthorized false of the agent refuses',
      'HttpsAgent option rejectUnauthorized false of the agent accepts, and says why it would not have',
      'HttpsAgent option rejectUnauthorized undefined of the request refuses',
      'HttpsAgent option rejectUnauthorized true of the request refuses',
      'HttpsAgent option rejectUnauthorized null of the request refuses',
      'HttpsAgent option rejectUnauthorized 0 of the request refuses',
      "HttpsAgent option rejectUnauthorized '' of the request refuses",
      'HttpsAgent option rejectUnauthorized NaN of the request refuses',
      'HttpsAgent option rejectUnauthorized false of the request refuses',
      'HttpsAgent option rejectUnauthorized false of the request accepts, and says why it would not have',
      "HttpsAgent option rejectUnauthorized of the agent comes before a request's",
    ],
  },
  {
    file: 'https-option-reject',
    why: RESUMED,
    titles: [
      'HttpsAgent option rejectUnauthorized false accepts an unknown issuer, resumes it and says so again (TLSv1.2)',
      'HttpsAgent option rejectUnauthorized false accepts an unknown issuer, resumes it and says so again (TLSv1.3)',
      'HttpsAgent option rejectUnauthorized false accepts a wrong host, resumes it and says so again (TLSv1.2)',
      'HttpsAgent option rejectUnauthorized false accepts a wrong host, resumes it and says so again (TLSv1.3)',
      'HttpsAgent option rejectUnauthorized false accepts an expired certificate, resumes it and says so again (TLSv1.2)',
      'HttpsAgent option rejectUnauthorized false accepts an expired certificate, resumes it and says so again (TLSv1.3)',
    ],
  },
  {
    file: 'https-option-servername',
    why: SERVER,
    titles: ['HttpsAgent option servername chooses the certificate of a server that has several'],
  },
  { file: 'https-option-versions', why: OPENSSL },
  {
    file: 'https-session-cache',
    why: SERVER,
    titles: [
      'HttpsAgent session cache loses the session of a connection that fails (TLSv1.2)',
      'HttpsAgent session cache loses the session of a connection that fails (TLSv1.3)',
      'HttpsAgent session cache methods are called as Node calls them (TLSv1.2)',
      'HttpsAgent session cache methods are called as Node calls them (TLSv1.3)',
    ],
  },
  {
    file: 'https-session-option',
    why: RESUMED,
    titles: [
      "HttpsAgent session option TLSv1.2 of a 'session' event is resumed",
      "HttpsAgent session option TLSv1.3 of a 'session' event is resumed",
    ],
  },
  {
    file: 'https-session-resume',
    why: RESUMED,
    titles: [
      'HttpsAgent session resumption TLSv1.2 is on by default',
      'HttpsAgent session resumption TLSv1.2 goes by what certificates are, not by which Buffer holds them',
      'HttpsAgent session resumption TLSv1.2 is the same with keepAlive, when a kept connection has gone',
      'HttpsAgent session resumption TLSv1.2 carries bodies both ways',
      'HttpsAgent session resumption TLSv1.3 is on by default',
      'HttpsAgent session resumption TLSv1.3 goes by what certificates are, not by which Buffer holds them',
      'HttpsAgent session resumption TLSv1.3 is the same with keepAlive, when a kept connection has gone',
      'HttpsAgent session resumption TLSv1.3 carries bodies both ways',
    ],
  },
  {
    file: 'https-transport',
    why: OPENSSL,
    titles: [
      'HttpsAgent option transport auto with ecdhCurve is node',
      'HttpsAgent option transport auto goes over to node, and still refuses whom it does not know',
    ],
  },
  {
    file: 'https-transport',
    why: RESUMED,
    titles: [
      'HttpsAgent option transport rustls keeps, limits and resumes',
      'HttpsAgent option transport node keeps, limits and resumes',
    ],
  },
  {
    file: 'https-trust',
    why: FLAGS,
    titles: [
      'HttpsAgent trust by default --use-openssl-ca trusts SSL_CERT_FILE',
      'HttpsAgent trust by default --use-system-ca in NODE_OPTIONS is the same',
    ],
  },
  {
    file: 'socket-address',
    why: "Bun's net.Socket has other values there",
    titles: [
      'the addresses of a socket are gone after the socket is',
      'the addresses of a socket have the looked up host beside them as in Node: 127.0.0.1',
      'the addresses of a socket are undefined for a unix socket',
    ],
  },
  {
    file: 'socket-bytes',
    why: "Bun's net.Socket has other values there",
    titles: ['the byte counts of a socket count what waits for the connection'],
  },
  {
    file: 'socket-errors',
    why: NET,
    titles: [
      'a connection that cannot be made to a path that is not there is ENOENT',
      'a connection that cannot be made to a path that is no socket is refused',
      'a connection that cannot be made to a name that does not exist is the error of getaddrinfo',
      'a connection that cannot be made to a name without addresses of the family fails as in Node',
      'a connection that cannot be made from a port that is taken is EADDRINUSE',
      'a connection that cannot be made to a host of a label of 64 characters fails as in Node',
      'a connection that cannot be made to a host of 254 characters fails as in Node',
      'a connection that cannot be made to a host of letters beyond ASCII fails as in Node',
    ],
  },
  {
    file: 'socket-life',
    why: "Bun's net.Socket has other values there",
    titles: [
      'a socket, from its making to its end has no server and no parent, and names its host',
    ],
  },
  {
    file: 'tls-errors-chain',
    why: OPENSSL,
    titles: [
      'TLS errors: the certificate chain a self-signed leaf, TLSv1.2',
      'TLS errors: the certificate chain a self-signed leaf, TLSv1.3',
      'TLS errors: the certificate chain an intermediate that is no authority, TLSv1.2',
      'TLS errors: the certificate chain an intermediate that is no authority, TLSv1.3',
      'TLS errors: the certificate chain an expired leaf, TLSv1.2 fails with CERT_HAS_EXPIRED, and the server sees no request',
      'TLS errors: the certificate chain an expired leaf of an unknown root for another host, TLSv1.2 fails with CERT_HAS_EXPIRED, and the server sees no request',
      'TLS errors: the certificate chain a leaf of tomorrow, TLSv1.2 fails with CERT_NOT_YET_VALID, and the server sees no request',
      'TLS errors: the certificate chain a leaf for clients, TLSv1.2 fails with INVALID_PURPOSE, and the server sees no request',
      'TLS errors: the certificate chain a chain longer than the root permits, TLSv1.2 fails with PATH_LENGTH_EXCEEDED, and the server sees no request',
      'TLS errors: the certificate chain a chain with its own unknown root, TLSv1.2 fails with SELF_SIGNED_CERT_IN_CHAIN, and the server sees no request',
      'TLS errors: the certificate chain a leaf without its intermediate, TLSv1.2 fails with UNABLE_TO_VERIFY_LEAF_SIGNATURE, and the server sees no request',
      'TLS errors: the certificate chain an intermediate in `ca` without its root, TLSv1.2 fails with UNABLE_TO_GET_ISSUER_CERT, and the server sees no request',
      'TLS errors: the certificate chain a chain of an unknown root, TLSv1.2 fails with UNABLE_TO_GET_ISSUER_CERT_LOCALLY, and the server sees no request',
      'TLS errors: the certificate chain an expired leaf, TLSv1.3 fails with CERT_HAS_EXPIRED, and the server sees no request',
      'TLS errors: the certificate chain an expired leaf of an unknown root for another host, TLSv1.3 fails with CERT_HAS_EXPIRED, and the server sees no request',
      'TLS errors: the certificate chain a leaf of tomorrow, TLSv1.3 fails with CERT_NOT_YET_VALID, and the server sees no request',
      'TLS errors: the certificate chain a leaf for clients, TLSv1.3 fails with INVALID_PURPOSE, and the server sees no request',
      'TLS errors: the certificate chain a chain longer than the root permits, TLSv1.3 fails with PATH_LENGTH_EXCEEDED, and the server sees no request',
      'TLS errors: the certificate chain a chain with its own unknown root, TLSv1.3 fails with SELF_SIGNED_CERT_IN_CHAIN, and the server sees no request',
      'TLS errors: the certificate chain a leaf without its intermediate, TLSv1.3 fails with UNABLE_TO_VERIFY_LEAF_SIGNATURE, and the server sees no request',
      'TLS errors: the certificate chain an intermediate in `ca` without its root, TLSv1.3 fails with UNABLE_TO_GET_ISSUER_CERT, and the server sees no request',
      'TLS errors: the certificate chain a chain of an unknown root, TLSv1.3 fails with UNABLE_TO_GET_ISSUER_CERT_LOCALLY, and the server sees no request',
    ],
  },
  { file: 'tls-errors-client-certificate', why: OPENSSL },
  { file: 'tls-errors-renegotiate', why: OPENSSL },
  {
    file: 'tls-errors-stall',
    why: "Bun's own agent, with which it compares, has no timeout within the handshake",
    titles: [
      "TLS errors: a server that stalls before its hello the request's timeout acts, and destroy() ends it",
      "TLS errors: a server that stalls before its hello the agent's timeout acts, and destroy() ends it",
      'TLS errors: a server that stalls before its hello setTimeout() of the request acts',
      "TLS errors: a server that stalls after its hello the request's timeout acts, and destroy() ends it",
      "TLS errors: a server that stalls after its hello the agent's timeout acts, and destroy() ends it",
      'TLS errors: a server that stalls after its hello setTimeout() of the request acts',
      "TLS errors: a server that stalls inside its hello the request's timeout acts, and destroy() ends it",
      "TLS errors: a server that stalls inside its hello the agent's timeout acts, and destroy() ends it",
      'TLS errors: a server that stalls inside its hello setTimeout() of the request acts',
    ],
  },
  { file: 'tls-fallback-events', why: OPENSSL },
  { file: 'tls-fallback-process', why: OPENSSL },
  {
    file: 'tls-load',
    why: RESUMED,
    titles: [
      'HttpsAgent under load answers 2,000 handshakes at once, with resumption (TLSv1.2)',
      'HttpsAgent under load answers 2,000 handshakes at once, with resumption (TLSv1.3)',
    ],
  },
  {
    file: 'tls-plan-certificate',
    why: OPENSSL,
    titles: [
      'client certificate of a plan with a key given as an object',
      'client certificate of a plan with a key given as an object with its passphrase',
      'client certificate of a plan with a key of another type',
      'client certificate of a plan is left to Node with a short key',
      "client certificate of a plan throws what tls.connect() throws, with another's key",
      'client certificate of a plan throws what tls.connect() throws, with a wrong passphrase',
      'client certificate of a plan throws what tls.connect() throws, with no passphrase',
      'client certificate of a plan throws what tls.connect() throws, with a passphrase that is no string',
      'client certificate of a plan throws what tls.connect() throws, with a certificate in DER',
      'client certificate of a plan throws what tls.connect() throws, with a KeyObject',
    ],
  },
  {
    file: 'tls-plan-roots',
    why: OPENSSL,
    titles: [
      "roots of a plan with ca given as a DataView are Node's",
      "roots of a plan with ca given as an empty element are Node's",
      "roots of a plan with ca given as DER and PEM are Node's",
    ],
  },
  {
    file: 'tls-socket-exporter',
    why: FIELDS,
    titles: ["a TLS socket's exportKeyingMaterial TLSv1.2 refuses a label that Node refuses"],
  },
  {
    file: 'tls-socket-process',
    why: RESUMED,
    titles: [
      'a process with TLS connections ends by itself when one that was resumed is parked (TLSv1.2)',
      'a process with TLS connections ends by itself when one that was resumed is parked (TLSv1.3)',
    ],
  },
  {
    file: 'tls-socket-session',
    why: RESUMED,
    titles: [
      "a TLS socket's session TLSv1.2 given as an option is resumed",
      "a TLS socket's session TLSv1.3 given as an option is resumed",
      "a TLS socket's session TLSv1.3 makes no event where it is resumed",
    ],
  },
  {
    file: 'tls-socket-throw-once',
    why: SERVER,
    titles: [
      "an exception in a TLS handshake in 'keylog' leaves the request its answer, over the other transport",
      "an exception in a TLS handshake in 'secureConnect' leaves the request its answer, over the other transport",
      "an exception in a TLS handshake in 'secureConnect' leaves the last request its answer, over the other transport",
      "an exception in a TLS handshake in 'session' leaves the request its answer, over the other transport",
      "an exception in a TLS handshake in 'session' leaves the last request its answer, over the other transport",
      "an exception in a TLS handshake in 'secure' leaves the request its answer, over the other transport",
      "an exception in a TLS handshake in the first 'keylog' leaves the others, over the other transport",
      "an exception in a TLS handshake in the first 'session' leaves the second, over the other transport",
      'an exception in a TLS handshake in checkServerIdentity keeps the request from the server, over the other transport',
      "an exception in a TLS handshake in 'secureConnect' leaves the later events, over the other transport",
    ],
  },
  { file: 'tls-verify-client', why: OPENSSL },
  {
    file: 'worker-contexts',
    why: "Bun's client takes no Uint8Array of another context",
    titles: [
      'more than one of everything options and buffers of another context are taken as our own',
    ],
  },
  {
    file: 'dns-faults',
    why: NET,
    titles: [
      'a name that is not found (http) by the system: the request has the error of dns.lookup, as with Node',
      'a name that is not found (https) by the system: the request has the error of dns.lookup, as with Node',
    ],
  },
  {
    file: 'dns-faults',
    why: "Bun's own agent, with which it compares, has no timeout within a lookup",
    titles: [
      'a name that is answered late (http) never: the timeouts of agent and request act, as with Node',
      'a name that is answered late (https) never: the timeouts of agent and request act, as with Node',
    ],
  },
  { file: 'faults-descriptors', why: NET },
  {
    file: 'faults-parked',
    why: "Bun's TLS server can't reset a connection",
    titles: [
      'a parked connection that is dead (https) as it was reset: the next request, a GET, has another',
      'a parked connection that is dead (https) as it was reset: the next request, a POST, has another',
    ],
  },
  {
    file: 'clients/node-fetch',
    why: 'Bun puts its own fetch in the place of the package',
    titles: ['node-fetch over HTTP', 'node-fetch over HTTPS'],
  },
];

module.exports = { excluded: { deno: [...both, ...deno], bun: [...both, ...bun] } };
