import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCsv, readCsv, sniffDelimiter } from './csv.js';

describe('rows', () => {
  test('hold quoted fields with delimiters, line breaks and doubled quotes', () => {
    expect([...parseCsv('a,"b, ""c""\nd",e\r\n1,,3', ',')]).toEqual([
      ['a', 'b, "c"\nd', 'e'],
      ['1', '', '3'],
    ]);
  });

  test('end with the text: no row is made of a final line break, none of blank lines, a final delimiter is an empty field', () => {
    expect([...parseCsv('a,b\n\n\nc,\n', ',')]).toEqual([
      ['a', 'b'],
      ['c', ''],
    ]);
    expect([...parseCsv('a,', ',')]).toEqual([['a', '']]);
  });

  test('with a quote that never closes reach to the end', () => {
    expect([...parseCsv('a,"b\nc', ',')]).toEqual([['a', 'b\nc']]);
  });

  test('come back as they were written, whatever is in their fields', () => {
    const field = fc.string({ unit: fc.constantFrom('a', 'ü', ' ', ',', ';', '"', '\n', '\r') });
    const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n'), (table, lineBreak) => {
        const text = table
          .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(','))
          .join(lineBreak);
        expect([...parseCsv(text, ',')]).toEqual(table);
      }),
    );
  });
});

describe('delimiter', () => {
  test('is the one that divides the first line most', () => {
    expect(['a,b,c', 'a;b;c,d', 'a\tb\tc', 'one|two', 'single'].map(sniffDelimiter)).toEqual([
      ',',
      ';',
      '\t',
      '|',
      ',',
    ]);
  });
});

describe('passages', () => {
  test('name each value by its column and the row by its naming column', () => {
    expect([...readCsv('name,place\nLamp,attic\nRope,\n')]).toEqual([
      { heading: 'Lamp', text: 'name: Lamp\nplace: attic' },
      { heading: 'Rope', text: 'name: Rope' },
    ]);
  });

  test('of a table without a head are the bare values, the first row included', () => {
    expect([...readCsv('red,1\nblue,2\n')]).toEqual([
      { heading: 'Row 1', text: 'red\n1' },
      { heading: 'Row 2', text: 'blue\n2' },
    ]);
  });

  test('of an empty text are none', () => {
    expect([...readCsv('')]).toEqual([]);
  });
});
