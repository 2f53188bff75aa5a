/**
 * WordPiece: text to the ids of its pieces, from a Hugging Face `tokenizer.json` with BertNormalizer and BertPreTokenizer.
 * Adds no [CLS] or [SEP], and reads text that spells a special token ("[PAD]") as text.
 */
import { kindexError, type ChromaError } from '../base/errors.js';
import { normalizeBert, type BertNormalizerOptions } from './bert-normalize.js';

export interface WordPieceOptions {
  /** Piece → id; pieces that continue a word begin with `continuingPrefix`. */
  vocabulary: ReadonlyMap<string, number>;
  /** The piece for words that cannot be cut into known pieces. Default `[UNK]`. */
  unknownPiece?: string;
  /** Not empty. Default `##`. */
  continuingPrefix?: string;
  /** Words of more characters (code points) are unknown. Default 100. */
  maxWordCharacters?: number;
  normalizer?: BertNormalizerOptions;
}

/** Words remembered in each of the two generations of the cache; about 4 MB when both are full. */
const CACHED_WORDS = 16_384;

const SPACE = 1;
const PUNCTUATION = 2;

/** Class of each ASCII character. Others are letters here: `normalizeBert` has put spaces around their punctuation. */
const ASCII_CLASS: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code === 32) return SPACE;
  return /[!-/:-@[-`{-~]/.test(String.fromCharCode(code)) ? PUNCTUATION : 0;
});

export class WordPieceTokenizer {
  readonly vocabularySize: number;
  readonly unknownId: number;
  readonly #starts = new Map<string, number>();
  /** Keys without the prefix. */
  readonly #continuations = new Map<string, number>();
  readonly #longestPiece: number;
  readonly #maxWordCharacters: number;
  readonly #normalizer: BertNormalizerOptions;
  #recent = new Map<string, readonly number[]>();
  #older = new Map<string, readonly number[]>();

  /** @throws VALUE_ARGUMENT when the vocabulary lacks the unknown piece */
  constructor(options: WordPieceOptions) {
    const { vocabulary, unknownPiece = '[UNK]', continuingPrefix = '##', maxWordCharacters = 100 } = options;
    const unknownId = vocabulary.get(unknownPiece);
    if (unknownId === undefined) throw unsupported(`the vocabulary has no piece '${unknownPiece}'`);
    if (continuingPrefix === '') throw unsupported('the prefix of continuing pieces is empty');
    this.vocabularySize = vocabulary.size;
    this.unknownId = unknownId;
    this.#maxWordCharacters = maxWordCharacters;
    this.#normalizer = options.normalizer ?? {};
    let longest = 0;
    for (const [piece, id] of vocabulary) {
      longest = Math.max(longest, piece.length);
      if (piece.startsWith(continuingPrefix))
        this.#continuations.set(piece.slice(continuingPrefix.length), id);
      else this.#starts.set(piece, id);
    }
    this.#longestPiece = longest;
  }

  /** Ids of the pieces of `text`, in order, appended to `ids`, which is returned. Empty for text without any word. */
  encode(text: string, ids: number[] = []): number[] {
    const words = normalizeBert(text, this.#normalizer);
    let start = -1;
    for (let at = 0; at < words.length; at++) {
      const code = words.charCodeAt(at);
      const kind = code < 128 ? ASCII_CLASS[code] : 0;
      if (kind === 0) {
        if (start < 0) start = at;
        continue;
      }
      if (start >= 0) this.#appendWord(words.slice(start, at), ids);
      start = -1;
      if (kind === PUNCTUATION) this.#appendWord(words.charAt(at), ids);
    }
    if (start >= 0) this.#appendWord(words.slice(start), ids);
    return ids;
  }

  /** Number of pieces of `text`. */
  countTokens(text: string): number {
    return this.encode(text).length;
  }

  #appendWord(word: string, ids: number[]): void {
    const whole = this.#starts.get(word);
    if (whole !== undefined) {
      ids.push(whole);
      return;
    }
    for (const id of this.#piecesOf(word)) ids.push(id);
  }

  /** Only words of several pieces come here; the cache holds nothing the vocabulary answers itself. */
  #piecesOf(word: string): readonly number[] {
    const recent = this.#recent.get(word);
    if (recent) return recent;
    const pieces = this.#older.get(word) ?? this.#cut(word);
    if (this.#recent.size >= CACHED_WORDS) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(detached(word), pieces);
    return pieces;
  }

  /** Longest known piece first, from the left; one part without a piece makes the whole word unknown. */
  #cut(word: string): readonly number[] {
    const unknown = [this.unknownId];
    if (word.length > this.#maxWordCharacters && [...word].length > this.#maxWordCharacters) return unknown;
    const ids: number[] = [];
    let pieces = this.#starts;
    for (let start = 0; start < word.length;) {
      let end = Math.min(word.length, start + this.#longestPiece);
      let id = pieces.get(word.slice(start, end));
      while (id === undefined && --end > start) id = pieces.get(word.slice(start, end));
      if (id === undefined) return unknown;
      ids.push(id);
      start = end;
      pieces = this.#continuations;
    }
    return ids;
  }
}

/** A copy. V8 keeps the whole text alive behind a slice of it (from 13 characters on), so a slice must not stay in a cache. */
function detached(word: string): string {
  return word.length < 13 ? word : ` ${word}`.slice(1);
}

/**
 * A tokenizer from the parsed `tokenizer.json`. Everything the file asks for beyond the header of this file is refused,
 * except a post-processor, which is not applied.
 * @throws VALUE_ARGUMENT naming what is missing or not supported
 */
export function parseTokenizer(json: unknown): WordPieceTokenizer {
  const { model, normalizer, pre_tokenizer: preTokenizer } = object(json, 'tokenizer.json');
  const wordPiece = object(model, 'model');
  const bert = object(normalizer, 'normalizer');
  expectType(wordPiece, 'model', 'WordPiece');
  expectType(bert, 'normalizer', 'BertNormalizer');
  expectType(object(preTokenizer, 'pre_tokenizer'), 'pre_tokenizer', 'BertPreTokenizer');
  const stripAccents = optional(bert['strip_accents'], 'boolean', 'normalizer.strip_accents');
  const options: WordPieceOptions = {
    vocabulary: parseVocabulary(object(wordPiece['vocab'], 'model.vocab')),
    unknownPiece: optional(wordPiece['unk_token'], 'string', 'model.unk_token') ?? '[UNK]',
    continuingPrefix:
      optional(wordPiece['continuing_subword_prefix'], 'string', 'model.continuing_subword_prefix') ?? '##',
    maxWordCharacters:
      optional(wordPiece['max_input_chars_per_word'], 'number', 'model.max_input_chars_per_word') ?? 100,
    normalizer: {
      cleanText: optional(bert['clean_text'], 'boolean', 'normalizer.clean_text') ?? true,
      handleChineseChars:
        optional(bert['handle_chinese_chars'], 'boolean', 'normalizer.handle_chinese_chars') ?? true,
      lowercase: optional(bert['lowercase'], 'boolean', 'normalizer.lowercase') ?? true,
      ...(stripAccents === undefined ? {} : { stripAccents }),
    },
  };
  return new WordPieceTokenizer(options);
}

/** Ids must be exactly 0 … n − 1: they are row numbers of a table. */
function parseVocabulary(vocab: Record<string, unknown>): Map<string, number> {
  const entries = Object.entries(vocab);
  const seen = new Uint8Array(entries.length);
  const vocabulary = new Map<string, number>();
  for (const [piece, id] of entries) {
    if (typeof id !== 'number' || seen[id] !== 0) {
      throw unsupported(
        `the id of piece '${piece}' is ${String(id)}, not one of 0 … ${entries.length - 1} used once`,
      );
    }
    seen[id] = 1;
    vocabulary.set(piece, id);
  }
  return vocabulary;
}

function expectType(part: Record<string, unknown>, path: string, type: string): void {
  if (part['type'] !== type)
    throw unsupported(`${path} is of type ${String(part['type'])}, only ${type} is read`);
}

function object(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unsupported(`${path} is not an object`);
  return value as Record<string, unknown>;
}

interface Primitives {
  boolean: boolean;
  number: number;
  string: string;
}

/** Null and absent are the same in these files. */
function optional<K extends keyof Primitives>(
  value: unknown,
  kind: K,
  path: string,
): Primitives[K] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== kind) throw unsupported(`${path} is not a ${kind}`);
  return value as Primitives[K];
}

function unsupported(what: string): ChromaError {
  return kindexError('VALUE_ARGUMENT', `This tokenizer cannot be used: ${what}`, {
    fix: 'Pass the tokenizer.json of a BERT-like WordPiece model.',
  });
}
