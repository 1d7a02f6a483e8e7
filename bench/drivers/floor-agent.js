'use strict';

// An agent with connections that cost nothing: whatever is written on one is answered out of memory
// in the next turn of the loop. What is left is what Node's HTTP client costs with any agent.

const { Duplex } = require('node:stream');

// Connections with an answer that is due; one immediate serves them all.
let due = [];

function answerAll() {
  const answered = due;
  due = [];
  for (const connection of answered) connection.answer();
}

class Connection extends Duplex {
  #answer;

  constructor(answer) {
    super();
    this.#answer = answer;
  }

  _read() {}

  // The client writes a request without a body at once.
  _write(_chunk, _encoding, callback) {
    if (due.push(this) === 1) setImmediate(answerAll);
    callback();
  }

  answer() {
    this.push(this.#answer);
  }
}

class FloorAgent {
  keepAlive = true;
  maxSockets = Infinity;
  protocol = 'http:';
  defaultPort = 80;
  #answer;
  #idle = [];

  // `answer` is a whole response.
  constructor(answer) {
    this.#answer = answer;
  }

  addRequest(request) {
    const connection = this.#idle.pop();
    if (connection) request.reusedSocket = true;
    request.onSocket(connection ?? this.#connect());
  }

  #connect() {
    const connection = new Connection(this.#answer);
    connection.on('free', () => this.#idle.push(connection));
    return connection;
  }

  destroy() {
    for (const connection of this.#idle) connection.destroy();
  }
}

module.exports = { FloorAgent };
