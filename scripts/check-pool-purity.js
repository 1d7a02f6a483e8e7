'use strict';

// src/pool is a pure state machine: no I/O, no clock, no runtime, no other room of this crate. One
// crate cannot make the compiler say so, so this does: it reads the code (comments and the contents
// of strings left out) and ends non-zero on any word that does not belong there.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const POOL = path.join(ROOT, 'src', 'pool');

const FORBIDDEN = [
  [/\b(tokio|mio|futures?|async_std|smol)\b/, 'a runtime'],
  [/\b(async|await)\b/, 'a runtime'],
  [/\b(napi|napi_derive|napi_sys)\b/, 'Node-API'],
  [/\b(rustls|tokio_rustls|webpki|webpki_roots|aws_lc_rs)\b/, 'TLS'],
  [/\b(socket2|libc|dns_lookup|rustix)\b/, 'I/O'],
  [/\b(std|core)\s*::\s*(time|net|io|fs|thread|process|env|os)\b/, 'I/O, a thread or a clock'],
  [/\buse\s+(std|core)\s*::\s*\{[^;]*\b(time|net|io|fs|thread|process|env|os)\b/, 'I/O or a clock'],
  [/\b(Instant|SystemTime|UNIX_EPOCH|clock_gettime|chrono|quanta|coarsetime)\b/, 'a clock'],
  [/\b(?:crate)\s*::\s*(?!pool\b)\w+/, 'another room'],
  [/\buse\s+crate\s*::\s*\{/, 'another room'],
  [/\bextern\s+"?C?"?\s*(crate|fn|\{)/, 'foreign code'],
  [/\bunsafe\b/, 'unsafe code'],
];

/** Blanks comments and the contents of literals, so that line numbers stay. */
function codeOf(source) {
  const pattern =
    /\/\/[^\n]*|\/\*|b?r(#*)"[\s\S]*?"\1|b?"(?:\\[\s\S]|[^"\\])*"|b?'(?:\\(?:[^u]|u\{[^}]*\})[^']*|[^'\\])'/g;
  let code = '';
  let from = 0;
  for (let match = pattern.exec(source); match; match = pattern.exec(source)) {
    const end = match[0] === '/*' ? blockEnd(source, match.index) : pattern.lastIndex;
    const blank = source.slice(match.index, end).replace(/[^\n]/g, ' ');
    code += source.slice(from, match.index) + blank;
    from = end;
    pattern.lastIndex = end;
  }
  return code + source.slice(from);
}

/** Rust's block comments nest. */
function blockEnd(source, start) {
  let depth = 0;
  for (let i = start; i < source.length; i++) {
    const two = source.slice(i, i + 2);
    if (two === '/*') depth++;
    else if (two === '*/') depth--;
    else continue;
    i++;
    if (depth === 0) return i + 1;
  }
  return source.length;
}

function offences(source) {
  const code = codeOf(source);
  const found = [];
  for (const [pattern, what] of FORBIDDEN) {
    for (const match of code.matchAll(new RegExp(pattern, 'g'))) {
      const line = code.slice(0, match.index).split('\n').length;
      found.push({ line, what, text: match[0].replace(/\s+/g, ' ') });
    }
  }
  return found.sort((a, b) => a.line - b.line);
}

/** A check that can't fail proves nothing: it must see what it is for, and only that. */
function checkTheCheck() {
  const impure = [
    'use tokio::time;',
    'let now = std::time::Instant::now();',
    'use std::{collections::HashMap, time::Duration};',
    'use crate::net::Reactor;',
    "let c = '\"'; use napi::Env; let d = '\"';",
    'let s = "a \\" b"; rustls::version();',
    "fn f<'a>(x: &'a str) { SystemTime::now() }",
    '/* a /* nested */ comment */ unsafe {}',
    'async fn f() {}',
  ];
  for (const source of impure) assert.notDeepEqual(offences(source), [], source);
  const pure = [
    '// tokio would be wrong here, and so would std::time::Instant',
    '/* napi /* rustls */ SystemTime */ fn f() {}',
    'panic!("no tokio, \\"no\\" Instant");',
    'let s = r#"std::time "quoted" napi"#;',
    'use crate::pool::slot::Slot; use super::Waiter; use std::collections::HashMap;',
    'fn instants(now_ms: u64, timeout: u64) -> u64 { now_ms + timeout }',
  ];
  for (const source of pure) assert.deepEqual(offences(source), [], source);
}

function rustFiles(directory) {
  return fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.rs'))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}

checkTheCheck();
const files = rustFiles(POOL);
if (files.length === 0) {
  console.error('pool purity: no Rust file in src/pool');
  process.exitCode = 1;
}
for (const file of files) {
  for (const { line, what, text } of offences(fs.readFileSync(file, 'utf8'))) {
    console.error(`${path.relative(ROOT, file)}:${line}: \`${text}\` (${what}) in src/pool`);
    process.exitCode = 1;
  }
}
if (!process.exitCode) console.log(`pool purity: ${files.length} files, no I/O, clock or runtime`);
