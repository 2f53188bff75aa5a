/** Reads comma-separated values (also ; tab and |): each row becomes a passage of `column: value` lines. */
import type { Passage } from '../documents.js';
import { splitText } from './split.js';

const DELIMITERS = [',', ';', '\t', '|'];

/** Columns whose value names a row, in order of preference. */
const NAMING = /^(title|name|subject|headline|question|label|product|id)$/i;

/** Rows of `text` as RFC 4180 has them: quoted fields may hold delimiters, line breaks and doubled quotes. */
export function* parseCsv(text: string, delimiter: string): Generator<string[]> {
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const field = readField(text, at, delimiter);
    row.push(field.value);
    at = field.next;
    if (field.endsRow) {
      if (row.length > 1 || row[0] !== '') yield row;
      row = [];
    }
  }
  // The text ended right after a delimiter: one more, empty field.
  if (row.length > 0) yield [...row, ''];
}

interface Field {
  value: string;
  next: number;
  endsRow: boolean;
}

function readField(text: string, from: number, delimiter: string): Field {
  let at = from;
  let value = '';
  if (text[at] === '"') {
    at++;
    for (;;) {
      const quote = text.indexOf('"', at);
      if (quote === -1) return { value: value + text.slice(at), next: text.length, endsRow: true };
      value += text.slice(at, quote);
      at = quote + 1;
      if (text[at] !== '"') break;
      value += '"';
      at++;
    }
  }
  const start = at;
  while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') at++;
  value += text.slice(start, at);
  if (text[at] === delimiter) return { value, next: at + 1, endsRow: false };
  if (text[at] === '\r' && text[at + 1] === '\n') at++;
  return { value, next: at + 1, endsRow: true };
}

/** The delimiter that divides the first line into most fields. */
export function sniffDelimiter(text: string): string {
  const line = text.slice(0, text.search(/[\r\n]/) === -1 ? text.length : text.search(/[\r\n]/));
  let best = ',';
  let most = 0;
  for (const delimiter of DELIMITERS) {
    const fields = line.split(delimiter).length - 1;
    if (fields > most) {
      most = fields;
      best = delimiter;
    }
  }
  return best;
}

/** One passage per row, headed by the row's name where a column gives one. */
export function* readCsv(text: string): Generator<Passage> {
  const rows = parseCsv(text, sniffDelimiter(text));
  const first = rows.next();
  if (first.done) return;
  const hasHeader = first.value.every((cell) => cell.trim() !== '' && Number.isNaN(Number(cell)));
  const columns = hasHeader ? first.value.map((cell) => cell.trim()) : [];
  const naming = columns.findIndex((column) => NAMING.test(column));
  let number = 0;
  const passagesOf = function* (row: string[]): Generator<Passage> {
    number++;
    const named = naming === -1 ? '' : (row[naming] ?? '').trim();
    const lines = row.flatMap((cell, i) => {
      const value = cell.trim();
      const column = columns[i];
      if (value === '') return [];
      return column ? [`${column}: ${value}`] : [value];
    });
    yield* splitText(lines.join('\n'), named === '' ? `Row ${number}` : named);
  };
  if (!hasHeader) yield* passagesOf(first.value);
  for (const row of rows) yield* passagesOf(row);
}
