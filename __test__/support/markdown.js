'use strict';

// What tests read in the pages for users: README.md and docs/.

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');
const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;

const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

const docs = () => fs.readdirSync(path.join(ROOT, 'docs')).map((name) => `docs/${name}`);

/** The paths of the pages for users, from the root. */
const userPages = () => ['README.md', ...docs()];

/** The fenced blocks of a page, in order: { language, text, line, next }, `next` the one below it. */
function blocksOf(file) {
  const page = read(file);
  const blocks = [...page.matchAll(FENCE)].map((match) => ({
    language: match[1],
    text: match[2],
    line: page.slice(0, match.index).split('\n').length,
    end: match.index + match[0].length,
    start: match.index,
  }));
  return blocks.map(({ end, start, ...block }, i) => {
    const below = blocks[i + 1];
    const follows = below && page.slice(end, below.start).trim() === '';
    return { ...block, next: follows ? below : null };
  });
}

/** The text of a page without its fenced blocks. */
const proseOf = (file) => read(file).replace(FENCE, '');

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(file) {
  return [...proseOf(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-'),
  );
}

module.exports = { ROOT, anchorsOf, blocksOf, docs, proseOf, read, userPages };
