/** Which parts of a record a search returns beside its id. */
import { wrongType } from './check-input.js';
import { Key } from './key.js';

export type SelectKeyInput = string | Key;

export type SelectInput =
  | Select
  | Iterable<SelectKeyInput>
  | { keys?: Iterable<SelectKeyInput> }
  | null
  | undefined;

/** Keys in the order given, each once; none means ids only. Immutable. */
export class Select {
  readonly #keys: readonly string[];

  /** @throws VALUE_SEARCH_TYPE when `keys` is no iterable, or holds something else than strings and keys */
  constructor(keys: Iterable<SelectKeyInput> = []) {
    if (!isIterable(keys)) throw wrongType('Select keys must be an iterable', keys);
    this.#keys = [...new Set(Array.from(keys, nameOf))];
  }

  /** A string is an iterable of its characters here, as in chromadb; `search.select('field')` takes it as one key. @throws as the constructor */
  static from(input: SelectInput): Select {
    if (input instanceof Select) return new Select(input.values);
    if (input === null || input === undefined) return new Select();
    if (isIterable(input)) return new Select(input);
    if (typeof input === 'object' && 'keys' in input) return new Select(input.keys ?? []);
    throw wrongType('Unsupported select input', input);
  }

  /** Document, embedding, metadata and score. */
  static all(): Select {
    return new Select([Key.DOCUMENT, Key.EMBEDDING, Key.METADATA, Key.SCORE]);
  }

  get values(): string[] {
    return this.#keys.slice();
  }

  toJSON(): { keys: string[] } {
    return { keys: this.values };
  }
}

/** Strings included. */
function isIterable(value: unknown): value is Iterable<SelectKeyInput> {
  return value !== null && value !== undefined && Symbol.iterator in Object(value);
}

function nameOf(key: unknown): string {
  const name = key instanceof Key ? key.name : key;
  if (typeof name !== 'string') throw wrongType('Select keys must be strings or Key instances', key);
  return name;
}
