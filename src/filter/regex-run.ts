/**
 * Runs a program over texts in time linear in the text: a deterministic automaton whose states are found as texts need them.
 *
 * A state is the set of instructions reached before the next code point, with the kind of the code point before it; what
 * assertions allow is settled one code point later, when both sides are known. Code points that no set of the pattern tells
 * apart share a class, so that a step is one look into `#table[state + class]`. The first look costs up to one visit of each
 * instruction; so does every one of them at worst, when more states are needed than are kept.
 */
import { ASSERT, ASSERTIONS, MATCH, SPLIT, TAKE, type RegexProgram } from './regex-program.js';
import { createSetTest, type SetTest } from './regex-set.js';
import { WORD, type Assertion } from './regex-syntax.js';

/** Entries of the table that are no state: not looked up yet, matched, no match can follow. */
const UNKNOWN = 0;
const MATCHED = 1;
const DEAD = 2;

/** Kinds of the code point on one side of a place. */
const EDGE = 0;
const NEW_LINE = 1;
const WORD_CHARACTER = 2;
const OTHER = 3;

/** Bounds of what is kept: beyond them everything found is dropped and found anew (about 2 MB per pattern). */
const MAX_TABLE = 1 << 18;
const MAX_STATES = 1_000;
const MAX_KERNEL_UNITS = 100_000;

export interface RegexStats {
  instructions: number;
  /** States kept at the moment. */
  states: number;
  /** Instructions visited so far; with the code points read, all the work there was. */
  visits: number;
}

export class RegexRun {
  readonly #program: RegexProgram;
  readonly #setTests: SetTest[];
  readonly #isWord: SetTest | null;

  /** Class of each code point, 0 where not known yet: ASCII, the rest of the first 65,536, the rest. */
  readonly #ascii = new Uint16Array(128);
  #wide: Uint16Array<ArrayBuffer> | null = null;
  readonly #astral = new Map<number, number>();
  /** Per class: which sets hold its members (1 or 0 per set), and their kind. Class 0 is none. */
  readonly #members: Uint8Array[] = [new Uint8Array(0)];
  readonly #kinds: number[] = [OTHER];
  readonly #classes = new Map<string, number>();

  /** State s is item `s / stride - 1` of the lists; its row of the table begins at s. Row 0 is none. */
  #stride = 16;
  #table = new Int32Array(16 * 16);
  #kernels: Uint16Array[] = [];
  #before: number[] = [];
  #matchesAtEnd: (boolean | null)[] = [];
  /** By a hash of kernel and kind. */
  #states = new Map<number, number[]>();
  #kernelUnits = 0;
  #generation = 0;

  /** Scratch of `#close` and `#step`: marks are equal to `#mark` where an instruction is in the list at hand. */
  readonly #marks: Uint32Array;
  #mark = 0;
  readonly #stack: Uint16Array;
  readonly #taking: Uint16Array;
  readonly #reached: Uint16Array;
  #visits = 0;

  constructor(program: RegexProgram) {
    const size = program.operations.length;
    this.#program = program;
    this.#setTests = program.sets.map(({ set, ignoreCase }) => createSetTest(set, ignoreCase));
    this.#isWord = program.looksAtWords ? createSetTest(WORD, false) : null;
    this.#marks = new Uint32Array(size);
    this.#stack = new Uint16Array(size);
    this.#taking = new Uint16Array(size);
    this.#reached = new Uint16Array(size);
    this.#forgetStates();
  }

  stats(): RegexStats {
    return {
      instructions: this.#program.operations.length,
      states: this.#kernels.length,
      visits: this.#visits,
    };
  }

  /** Whether the pattern occurs somewhere in `text`. Total for any string; half a surrogate pair is a code point of its own. */
  test(text: string): boolean {
    const { prefix, literal } = this.#program;
    let index = 0;
    if (prefix !== '') {
      index = text.indexOf(prefix);
      if (index === -1) return false;
      if (literal) return true;
    }
    const { length } = text;
    const ascii = this.#ascii;
    // Within the text a run begins at a literal, and nothing looks back before one.
    let state = this.#startState(index === 0 && this.#program.looksAtEdges ? EDGE : OTHER);
    let table = this.#table;
    while (index < length) {
      let codePoint = text.charCodeAt(index++);
      let found: number;
      if (codePoint < 128) {
        found = table[state + (ascii[codePoint] ?? 0)] ?? UNKNOWN;
      } else {
        if ((codePoint & 0xfc00) === 0xd800 && index < length) {
          const low = text.charCodeAt(index);
          if ((low & 0xfc00) === 0xdc00) {
            codePoint = ((codePoint & 0x3ff) << 10) + (low & 0x3ff) + 0x10000;
            index++;
          }
        }
        found = table[state + this.#knownClass(codePoint)] ?? UNKNOWN;
      }
      if (found === UNKNOWN) {
        found = this.#step(state, codePoint);
        table = this.#table;
      }
      if (found <= DEAD) return found === MATCHED;
      state = found;
    }
    return this.#matchesHere(state);
  }

  /** 0 when this code point has not been seen. Column 0 of the table stays UNKNOWN, so that its first step is taken slowly. */
  #knownClass(codePoint: number): number {
    if (codePoint < 128) return this.#ascii[codePoint] ?? 0;
    if (codePoint < 0x10000) return this.#wide?.[codePoint] ?? 0;
    return this.#astral.get(codePoint) ?? 0;
  }

  #classify(codePoint: number): number {
    const members = Uint8Array.from(this.#setTests, (test) => (test(codePoint) ? 1 : 0));
    const kind = this.#kindOf(codePoint);
    const key = `${kind}${members.join('')}`;
    let found = this.#classes.get(key);
    if (found === undefined) {
      found = this.#members.push(members) - 1;
      this.#kinds.push(kind);
      this.#classes.set(key, found);
    }
    if (codePoint < 128) this.#ascii[codePoint] = found;
    else if (codePoint < 0x10000) (this.#wide ??= new Uint16Array(0x10000))[codePoint] = found;
    else this.#astral.set(codePoint, found);
    return found;
  }

  #kindOf(codePoint: number): number {
    if (this.#program.looksAtLines && codePoint === 0x0a) return NEW_LINE;
    return this.#isWord?.(codePoint) === true ? WORD_CHARACTER : OTHER;
  }

  #startState(before: number): number {
    return this.#intern(Uint16Array.of(this.#program.start), before);
  }

  /** Whether the pattern is met at the end of the text, in `state`. */
  #matchesHere(state: number): boolean {
    const index = state / this.#stride - 1;
    let matches = this.#matchesAtEnd[index] ?? null;
    if (matches === null) {
      matches = this.#close(index, EDGE) === -1;
      this.#matchesAtEnd[index] = matches;
    }
    return matches;
  }

  /** The slow step from `state` over `codePoint`: what it leads to, remembered for the next time. */
  #step(state: number, codePoint: number): number {
    const index = state / this.#stride - 1;
    const column = this.#knownClass(codePoint) || this.#classify(codePoint);
    const kind = this.#kinds[column] ?? OTHER;
    const taking = this.#close(index, kind);
    const generation = this.#generation;
    if (column >= this.#stride) this.#widen();
    const next = taking === -1 ? MATCHED : this.#advance(taking, column, kind);
    // Where states were forgotten meanwhile, `state` is none any more.
    if (generation === this.#generation) this.#table[state + column] = next;
    return next;
  }

  /**
   * Follows everything that takes no text, between a code point of the state's kind and one of kind `next`.
   * Returns how many TAKE instructions lie in `#taking`, or -1 when the match is complete.
   */
  #close(index: number, next: number): number {
    const { operations, a, b } = this.#program;
    const before = this.#before[index] ?? OTHER;
    const marks = this.#marks;
    const mark = ++this.#mark;
    const stack = this.#stack;
    const taking = this.#taking;
    let height = 0;
    let count = 0;
    for (const pc of this.#kernels[index] ?? []) {
      marks[pc] = mark;
      stack[height++] = pc;
    }
    // Written out, without helpers: this loop is where a slow step spends its time.
    while (height > 0) {
      const pc = stack[--height] ?? 0;
      const operation = operations[pc];
      this.#visits++;
      if (operation === TAKE) {
        taking[count++] = pc;
        continue;
      }
      if (operation === MATCH) return -1;
      if (operation === ASSERT && !holds(ASSERTIONS[b[pc] ?? 0], before, next)) continue;
      const target = a[pc] ?? 0;
      if (marks[target] !== mark) {
        marks[target] = mark;
        stack[height++] = target;
      }
      const other = operation === SPLIT ? (b[pc] ?? 0) : target;
      if (marks[other] !== mark) {
        marks[other] = mark;
        stack[height++] = other;
      }
    }
    return count;
  }

  /** The state after the first `taking` instructions of `#taking` have met a code point of class `column`. */
  #advance(taking: number, column: number, kind: number): number {
    const { a, b, start, anchored } = this.#program;
    const members = this.#members[column] ?? [];
    const reached = this.#reached;
    const marks = this.#marks;
    const mark = ++this.#mark;
    const list = this.#taking;
    let count = 0;
    for (let i = 0; i < taking; i++) {
      const pc = list[i] ?? 0;
      if (members[b[pc] ?? 0] !== 1) continue;
      const target = a[pc] ?? 0;
      if (marks[target] === mark) continue;
      marks[target] = mark;
      reached[count++] = target;
    }
    if (!anchored && marks[start] !== mark) {
      marks[start] = mark;
      reached[count++] = start;
    }
    if (count === 0) return DEAD;
    // One set, one state: the list is put in order, by sorting while that is cheaper than looking at every mark.
    if (count <= 64) {
      reached.subarray(0, count).sort();
    } else {
      count = 0;
      for (let pc = 0; pc < marks.length; pc++) if (marks[pc] === mark) reached[count++] = pc;
    }
    return this.#intern(reached.subarray(0, count), this.#program.looksAtEdges ? kind : OTHER);
  }

  /** The state of this kernel, which is copied; a new one where it is not kept. */
  #intern(kernel: Uint16Array, before: number): number {
    let hash = before;
    for (let i = 0; i < kernel.length; i++) hash = Math.imul(hash ^ (kernel[i] ?? 0), 0x01000193);
    for (const state of this.#states.get(hash) ?? []) {
      const index = state / this.#stride - 1;
      if (this.#before[index] === before && equal(this.#kernels[index], kernel)) return state;
    }
    const stride = this.#stride;
    const isFull =
      this.#kernels.length >= MAX_STATES ||
      this.#kernelUnits + kernel.length > MAX_KERNEL_UNITS ||
      (this.#kernels.length + 2) * stride > MAX_TABLE;
    if (isFull) this.#forgetStates();
    const state = this.#kernels.push(kernel.slice()) * stride;
    this.#before.push(before);
    this.#matchesAtEnd.push(null);
    const alike = this.#states.get(hash);
    if (alike === undefined) this.#states.set(hash, [state]);
    else alike.push(state);
    this.#kernelUnits += kernel.length;
    if (state + stride > this.#table.length) {
      const table = new Int32Array(2 * (state + stride));
      table.set(this.#table);
      this.#table = table;
    }
    return state;
  }

  /** A class more than a row of the table has room for: rows twice as long, all states found anew. */
  #widen(): void {
    this.#stride *= 2;
    this.#forgetStates();
  }

  #forgetStates(): void {
    this.#generation++;
    this.#table = new Int32Array(16 * this.#stride);
    this.#kernels = [];
    this.#before = [];
    this.#matchesAtEnd = [];
    this.#states = new Map();
    this.#kernelUnits = 0;
    // Long before marks outgrow their array: between two calls of this there are at most MAX_TABLE slow steps.
    if (this.#mark > 0x7fffffff) {
      this.#marks.fill(0);
      this.#mark = 0;
    }
  }
}

function equal(left: Uint16Array | undefined, right: Uint16Array): boolean {
  if (left?.length !== right.length) return false;
  for (let i = 0; i < right.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

function holds(assertion: Assertion | undefined, before: number, next: number): boolean {
  const wordBefore = before === WORD_CHARACTER;
  const wordNext = next === WORD_CHARACTER;
  switch (assertion) {
    case 'textStart':
      return before === EDGE;
    case 'textEnd':
      return next === EDGE;
    case 'lineStart':
      return before === EDGE || before === NEW_LINE;
    case 'lineEnd':
      return next === EDGE || next === NEW_LINE;
    case 'wordBoundary':
      return wordBefore !== wordNext;
    case 'notWordBoundary':
      return wordBefore === wordNext;
    case 'wordStart':
      return !wordBefore && wordNext;
    case 'wordEnd':
      return wordBefore && !wordNext;
    case 'wordStartHalf':
      return !wordBefore;
    case 'wordEndHalf':
      return !wordNext;
    case undefined:
      return false;
    default:
      return assertion satisfies never;
  }
}
