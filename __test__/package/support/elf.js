'use strict';

// As much of ELF (64 bits, little-endian) as it takes to name a file's sections.

const fs = require('node:fs');

const SECTION_TABLE = 0x28;
const SECTION_SIZE = 0x3a;
const SECTION_COUNT = 0x3c;
const NAMES_INDEX = 0x3e;

function sectionNames(file) {
  const elf = fs.readFileSync(file);
  if (elf.toString('latin1', 0, 4) !== '\x7fELF') throw new Error(`${file} is no ELF file`);
  const table = Number(elf.readBigUInt64LE(SECTION_TABLE));
  const size = elf.readUInt16LE(SECTION_SIZE);
  const header = (index) => table + index * size;
  const names = Number(elf.readBigUInt64LE(header(elf.readUInt16LE(NAMES_INDEX)) + 0x18));
  return Array.from({ length: elf.readUInt16LE(SECTION_COUNT) }, (_, index) => {
    const from = names + elf.readUInt32LE(header(index));
    return elf.toString('latin1', from, elf.indexOf(0, from));
  });
}

module.exports = { sectionNames };
