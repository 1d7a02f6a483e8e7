'use strict';

// Bodies that say in each of their parts whose they are: the origin, and the number of the request.

function labelOf(token, number) {
  return `${token}#${number};`;
}

/** Whether a text is this label over and over, wherever it breaks off. */
function isOnly(text, label) {
  return text === label.repeat(Math.ceil(text.length / label.length)).slice(0, text.length);
}

module.exports = { isOnly, labelOf };
