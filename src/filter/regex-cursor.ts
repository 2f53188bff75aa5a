/** A place in a pattern: reading on, the flags in force there, and the error that names it. */
import { kindexError, type ChromaError } from '../base/errors.js';

export interface RegexFlags {
  readonly ignoreCase: boolean;
  readonly multiLine: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
}

export class PatternCursor {
  readonly pattern: string;
  /** What errors call the pattern, e.g. `whereDocument.$regex`. */
  readonly #path: string;
  index = 0;
  flags: RegexFlags = { ignoreCase: false, multiLine: false, dotAll: false, extended: false };
  /** Groups and classes open here. */
  depth = 0;

  constructor(pattern: string, path: string) {
    this.pattern = pattern;
    this.#path = path;
  }

  get atEnd(): boolean {
    return this.index >= this.pattern.length;
  }

  /** The next code point as a string; '' at the end. */
  get next(): string {
    const codePoint = this.pattern.codePointAt(this.index);
    return codePoint === undefined ? '' : String.fromCodePoint(codePoint);
  }

  startsWith(text: string): boolean {
    return this.pattern.startsWith(text, this.index);
  }

  /** Steps over `text` if it comes next. */
  eat(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.index += text.length;
    return true;
  }

  /** Steps over the next code point and gives it; '' at the end. */
  take(): string {
    const character = this.next;
    this.index += character.length;
    return character;
  }

  /** Under (?x): steps over white space and comments. */
  skipIgnored(): void {
    if (!this.flags.extended) return;
    for (;;) {
      if (/^\s/u.test(this.next)) this.take();
      else if (this.next === '#') while (!this.atEnd && this.take() !== '\n');
      else return;
    }
  }

  /** VALUE_REGEX for the caller to throw; `at`: UTF-16 index into the pattern, where the fault begins. */
  fault(what: string, at: number): ChromaError {
    return kindexError(
      'VALUE_REGEX',
      `${this.#path}: ${what}, at position ${at} of ${JSON.stringify(this.pattern)}`,
      {
        details: { path: this.#path, pattern: this.pattern, position: at },
      },
    );
  }
}
