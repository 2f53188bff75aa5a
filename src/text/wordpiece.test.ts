import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { normalizeBert } from './bert-normalize.js';
import { parseTokenizer, WordPieceTokenizer } from './wordpiece.js';

const modelFolder = new URL('../../models/kindex-static-en/', import.meta.url);
const tokenizerJson = JSON.parse(readFileSync(new URL('tokenizer.json', modelFolder), 'utf8')) as {
  model: { vocab: Record<string, number> };
};

let tokenizer: WordPieceTokenizer;
let pieces: Map<number, string>;
beforeAll(() => {
  tokenizer = parseTokenizer(tokenizerJson);
  pieces = new Map(Object.entries(tokenizerJson.model.vocab).map(([piece, id]) => [id, piece]));
});

/** The pieces of a text, one string. */
const cut = (text: string): string =>
  tokenizer
    .encode(text)
    .map((id) => pieces.get(id))
    .join(' ');

/** A tokenizer over these pieces; [UNK] is 0. */
const tokenizerOf = (...list: string[]): WordPieceTokenizer =>
  new WordPieceTokenizer({ vocabulary: new Map(['[UNK]', ...list].map((piece, id) => [piece, id])) });

describe('the tokenizer of the built-in model', () => {
  test('gives the ids of canary.json', () => {
    const { texts } = JSON.parse(readFileSync(new URL('canary.json', modelFolder), 'utf8')) as {
      texts: { text: string; ids: number[]; pieces: string[] }[];
    };
    expect(texts).toHaveLength(3);
    for (const { text, ids, pieces: expected } of texts) {
      expect(tokenizer.encode(text)).toEqual(ids);
      expect(cut(text)).toBe(expected.join(' '));
    }
  });

  test.each([
    ['is lower case and cuts at punctuation', "Don't UNFREEZE!", "don ' t unfree ##ze !"],
    ['drops accents, composed or not', 'Cafe\u0301 café', 'cafe cafe'],
    ['reads İ as i and keeps ß', 'İ Straße', 'i stra ##ß ##e'],
    ['makes each CJK ideograph a word', 'a用一b', 'a 用 一 b'],
    ['knows some symbols and not others', '✅ \u{1f99c}', '✅ [UNK]'],
    ['drops control and format characters inside words', 'da\u0000ta\u200b ty\u00adpe', 'data type'],
    ['takes tabs, line breaks and wide spaces for spaces', 'a\tb\r\nc\u00a0d\u3000e', 'a b c d e'],
    ['cuts at punctuation outside ASCII', 'file—data…', 'file — data …'],
    ['drops half surrogate pairs', 'da\ud800ta \udc00', 'data'],
    ['reads the name of a special token as text', '[PAD]', '[ pad ]'],
    ['keeps the dollar, plus and other ASCII symbols apart', 'C++ $x^2', 'c + + $ x ^ 2'],
  ])('%s', (_, text, expected) => {
    expect(cut(text)).toBe(expected);
  });

  test('has no pieces for empty and blank text', () => {
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.encode(' \t\n\u00a0')).toEqual([]);
  });

  test('takes words of more than 100 characters for unknown, counting characters, not code units', () => {
    expect(tokenizer.encode('a'.repeat(101))).toEqual([tokenizer.unknownId]);
    expect(tokenizer.encode('a'.repeat(100))).not.toContain(tokenizer.unknownId);
    const deseret = tokenizerOf('\u{10428}', '##\u{10428}');
    expect(deseret.encode('\u{10428}'.repeat(100))).toEqual([1, ...Array<number>(99).fill(2)]);
    expect(deseret.encode('\u{10428}'.repeat(101))).toEqual([0]);
  });

  test('appends to the list it is given and counts what it would append', () => {
    const ids = [42];
    expect(tokenizer.encode('data', ids)).toBe(ids);
    expect(ids).toHaveLength(2);
    expect(tokenizer.countTokens("Don't stop!")).toBe(5);
  });
});

describe('cutting words', () => {
  test('takes the longest piece first and is unknown when the rest has none', () => {
    const small = tokenizerOf('un', 'una', '##able', '##ble', '##a', '##x');
    expect(small.encode('unable')).toEqual([2, 4]);
    expect(small.encode('unx')).toEqual([1, 6]);
    expect(small.encode('unq')).toEqual([0]);
    expect(small.encode('able')).toEqual([0]);
  });

  test('gives the same pieces again after more words than the cache holds', () => {
    const words = Array.from({ length: 40_000 }, (_, index) => `zq${index}`);
    const first = words.map((word) => tokenizer.encode(word).join());
    expect(words.map((word) => tokenizer.encode(word).join())).toEqual(first);
  });

  test('equals the definition on any text', () => {
    const vocabulary = new Set(Object.keys(tokenizerJson.model.vocab));
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc
        .array(fc.constantFrom('reconfigure', 'Zürich', '用', 'e\u0301', '—', '10µm', '\t', "it's"), {
          maxLength: 8,
        })
        .map((words) => words.join(' ')),
    );
    fc.assert(
      fc.property(text, (text) => {
        expect(cut(text)).toBe(defined(text, vocabulary).join(' '));
      }),
      { numRuns: 500 },
    );
  });
});

/** WordPiece as it is defined: words by one regular expression, then the longest prefix in the vocabulary, no cache. */
function defined(text: string, vocabulary: Set<string>): string[] {
  const words = normalizeBert(text).match(/[\p{P}$+<=>^`|~]|[^\s\p{P}$+<=>^`|~]+/gu) ?? [];
  return words.flatMap((word) => {
    const found: string[] = [];
    let rest = word;
    while (rest !== '') {
      const prefix = found.length === 0 ? '' : '##';
      let length = rest.length;
      while (length > 0 && !vocabulary.has(prefix + rest.slice(0, length))) length--;
      if (length === 0) return ['[UNK]'];
      found.push(prefix + rest.slice(0, length));
      rest = rest.slice(length);
    }
    return found;
  });
}

describe('normalising', () => {
  test('can be told to keep case and accents, and to leave CJK and control characters alone', () => {
    expect(normalizeBert('Café', { lowercase: false })).toBe('Café');
    expect(normalizeBert('Café', { lowercase: false, stripAccents: true })).toBe('Cafe');
    expect(normalizeBert('Café', { stripAccents: false })).toBe('café');
    expect(normalizeBert('a用', { handleChineseChars: false })).toBe('a用');
    expect(normalizeBert('a\u0001b', { cleanText: false })).toBe('a\u0001b');
  });

  test('is the same for ASCII whether or not something else stands in the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        expect(normalizeBert(`${text} \u00a0`).trimEnd()).toBe(normalizeBert(text).trimEnd());
      }),
    );
  });
});

describe('a tokenizer.json', () => {
  const valid = {
    normalizer: { type: 'BertNormalizer', lowercase: false, strip_accents: null },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    model: {
      type: 'WordPiece',
      unk_token: '<u>',
      continuing_subword_prefix: '@@',
      max_input_chars_per_word: 3,
      vocab: { '<u>': 0, Ab: 1, '@@c': 2 },
    },
  };

  test('sets unknown piece, prefix, longest word and case', () => {
    const small = parseTokenizer(valid);
    expect(small.vocabularySize).toBe(3);
    expect(small.encode('Abc ab Abcc')).toEqual([1, 2, 0, 0]);
  });

  const model = (change: object): object => ({ ...valid, model: { ...valid.model, ...change } });
  test.each<[string, unknown, string]>([
    ['no object', null, 'tokenizer.json is not an object'],
    ['no model', { ...valid, model: undefined }, 'model is not an object'],
    ['another model', model({ type: 'BPE' }), 'model is of type BPE, only WordPiece'],
    ['another normaliser', { ...valid, normalizer: { type: 'NFC' } }, 'normalizer is of type NFC'],
    [
      'another pre-tokenizer',
      { ...valid, pre_tokenizer: { type: 'Whitespace' } },
      'pre_tokenizer is of type Whitespace',
    ],
    ['a vocabulary that is a list', model({ vocab: ['a'] }), 'model.vocab is not an object'],
    ['an id twice', model({ vocab: { '<u>': 0, a: 0 } }), "id of piece 'a' is 0"],
    ['an id outside', model({ vocab: { '<u>': 0, a: 2 } }), "id of piece 'a' is 2"],
    ['an id that is no number', model({ vocab: { '<u>': '0' } }), "id of piece '<u>'"],
    ['no unknown piece', model({ vocab: { a: 0 } }), "no piece '<u>'"],
    ['an empty prefix', model({ continuing_subword_prefix: '' }), 'prefix'],
    [
      'a setting of another kind',
      model({ max_input_chars_per_word: '3' }),
      'max_input_chars_per_word is not a number',
    ],
  ])('with %s is refused', (_, json, message) => {
    expect(() => parseTokenizer(json)).toThrow(
      expect.objectContaining({ code: 'VALUE_ARGUMENT', message: expect.stringContaining(message) }),
    );
  });
});
