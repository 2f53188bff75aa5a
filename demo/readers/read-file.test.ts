import { describe, expect, test } from 'vitest';
import type { DocumentKind } from '../documents.js';
import { readFile } from './read-file.js';
import { UnreadableFile } from './unreadable.js';

const file = (path: string, content: BlobPart): { path: string; file: File } => ({
  path,
  file: new File([content], path.slice(path.lastIndexOf('/') + 1)),
});
const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => new Uint8Array(values);

describe('the reader', () => {
  test.each<[string, string, DocumentKind]>([
    ['a.MD', '# x', 'markdown'],
    ['a.csv', 'a,b', 'csv'],
    ['a.jsonl', '{}', 'json'],
    ['a.txt', 'words', 'text'],
    ['LICENSE', 'words', 'text'],
    ['data', '{"a": 1}', 'json'],
    ['a.log', '[12:00] started', 'text'],
  ])('of %s holding %j is the one for %s', async (path, content, kind) => {
    expect((await readFile(file(path, content))).kind).toBe(kind);
  });
});

describe('a document', () => {
  test('is named by its own title, else by the file, and lies in the folder of its path', async () => {
    const titled = await readFile(file('trip/day/one.md', '# The first day\n\nRain.'));
    expect(titled).toMatchObject({
      path: 'trip/day/one.md',
      title: 'The first day',
      folder: 'trip/day',
      origin: 'file',
    });
    expect(await readFile(file('packing list.txt', 'Socks'))).toMatchObject({
      title: 'packing list',
      folder: '',
    });
  });

  test('in UTF-16 or Windows-1252 reads as one in UTF-8', async () => {
    const utf16 = bytes(0xff, 0xfe, 0xe9, 0x00, 0x21, 0x00);
    const windows = bytes(0x63, 0x61, 0x66, 0xe9);
    expect([...(await readFile(file('a.txt', utf16))).passages]).toEqual([{ heading: '', text: 'é!' }]);
    expect([...(await readFile(file('b.txt', windows))).passages]).toEqual([{ heading: '', text: 'café' }]);
  });

  test('larger than one slice of reading is complete, characters on the seam included', async () => {
    const text = 'é'.repeat(300_000);
    const seen: number[] = [];
    const read = await readFile(file('a.txt', `x${text}`), { onProgress: (share) => seen.push(share) });
    expect([...read.passages].map((passage) => passage.text).join('')).toBe(`x${text}`);
    expect(seen.length).toBe(2);
    expect(seen.at(-1)).toBe(1);
  });
});

describe('what cannot be read', () => {
  test.each<[string, BlobPart, RegExp]>([
    ['report.pdf', '%PDF', /PDF files are not supported/],
    ['photo.JPG', 'x', /Images are not supported/],
    ['all.zip', 'x', /Archives are not supported/],
    ['sheet.xlsx', 'x', /Office files are not supported/],
    ['song.mp3', 'x', /Audio and video are not supported/],
    ['empty.md', '', /It is empty/],
    ['program.bin', bytes(1, 0, 2), /Binary file/],
    ['noise.dat', bytes(0xff, 1, 2, 3, 4, 5), /Binary file/],
  ])('%s is refused with the reason', async (path, content, reason) => {
    const reading = readFile(file(path, content));
    await expect(reading).rejects.toThrow(reason);
    await expect(reading).rejects.toBeInstanceOf(UnreadableFile);
  });

  test('a file over the limit of its kind is refused unread, with both sizes', async () => {
    const large = new File([new Uint8Array(16_000_001)], 'big.json');
    await expect(readFile({ path: 'big.json', file: large })).rejects.toThrow(
      'It has 16 MB; this page reads such files up to 16 MB.',
    );
  });

  test('reading stops when asked to', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(readFile(file('a.txt', 'words'), { signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

describe('plain text', () => {
  const textOf = async (content: string): Promise<string[]> =>
    [...(await readFile(file('a.txt', content))).passages].map((passage) => passage.text);

  test('broken at one width becomes whole paragraphs again', async () => {
    const wrapped =
      'The lighthouse keeper climbed the stairs every evening at\nthe same hour, lit the lamp and wrote one line in the log\nbefore going down.';
    expect(await textOf(`${wrapped}\n\nNext.`)).toEqual([`${wrapped.replaceAll('\n', ' ')}\n\nNext.`]);
  });

  test('with one sentence per line stays a list', async () => {
    const list = Array.from(
      { length: 4 },
      (_, i) => `On day ${i} the keeper noted wind, weather and passing ships.`,
    ).join('\n');
    expect(await textOf(list)).toEqual([list]);
  });

  test('with short or indented lines stays as it is', async () => {
    const verse = 'Flour, two cups\nSalt\n  a pinch';
    expect(await textOf(verse)).toEqual([verse]);
  });
});
