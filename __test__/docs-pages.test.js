'use strict';

// The pages for users hold together: links lead somewhere, commands exist, and the chart shows the
// figures of the table.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { scripts } = require('../package.json');
const { ROOT, anchorsOf, blocksOf, docs, proseOf, read, userPages } = require('./support/markdown');

const OTHERS = ['SECURITY.md', 'CONTRIBUTING.md', 'bench/README.md', 'examples/README.md'];
const README_MAX_LINES = 250;

function linksOf(page) {
  return [...proseOf(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)].map(
    ([link, target, anchor]) => ({
      link,
      file: target === '' ? page : path.posix.join(path.posix.dirname(page), target),
      anchor,
    }),
  );
}

function isBroken({ file, anchor }) {
  if (!fs.existsSync(path.join(ROOT, file))) return true;
  return anchor !== undefined && !anchorsOf(file).includes(anchor);
}

describe('the documentation', () => {
  for (const page of [...userPages(), ...OTHERS]) {
    it(`has no link that leads nowhere in ${page}`, () => {
      assert.deepEqual(linksOf(page).filter(isBroken), []);
    });
  }

  it('has every page linked from the README', () => {
    const linked = new Set(linksOf('README.md').map(({ file }) => file));
    assert.deepEqual(
      docs().filter((page) => !linked.has(page)),
      [],
    );
  });

  it('has a README that a newcomer can read', () => {
    const lines = read('README.md').split('\n').length - 1;
    assert.ok(lines <= README_MAX_LINES, `${lines} lines`);
  });

  it('names only commands that exist', () => {
    const named = userPages().flatMap((page) => [...read(page).matchAll(/npm run ([\w:]+)/g)]);
    assert.ok(named.length > 0);
    for (const [command, script] of named) assert.ok(scripts[script], command);
  });

  it('has a chart of the figures in the table', () => {
    const tables = read('docs/how-fast-is-it.md').split('## HTTPS');
    const figures = ['HTTP', 'HTTPS'].flatMap((protocol, i) =>
      [...tables[i].matchAll(/^\| ([\d,]+) \| (\S+) [^|]*\| ([\d,]+) \|/gm)].map(
        ([, atOnce, client, rate]) =>
          [protocol, atOnce, client.replaceAll('`', ''), rate].join(' '),
      ),
    );
    const [, chart] = /^Requests per second; one # is 2,000\n([\s\S]+)/.exec(
      blocksOf('README.md').find(({ language }) => language === 'text').text,
    );
    let group;
    for (const row of chart.split('\n').filter(Boolean)) {
      const [, title, client, rate, bar] =
        /^(?:(HTTPS?, \S+) at once)? +(\S+)(?: Pool)? +([\d,]+) {2}(#+)$/.exec(row) ?? [];
      assert.ok(client, row);
      group = title ?? group;
      const wanted = `${group.replace(',', '')} ${client} ${rate}`;
      assert.ok(figures.includes(wanted), `${wanted} is not in the table`);
      assert.equal(bar.length, Math.round(Number(rate.replace(',', '')) / 2000), row);
    }
  });
});
