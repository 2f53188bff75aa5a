/**
 * `$regex`: whether a pattern occurs in a text, in time linear in the text whatever the pattern.
 * The syntax is that of Rust's regex crate, which Chroma uses (regex-parse.ts); no backtracking, so no captures either.
 */
import { requiredText } from './regex-literals.js';
import type { RequiredText } from './regex-literals.js';
import { parseRegex } from './regex-parse.js';
import { buildRegexProgram } from './regex-program.js';
import { RegexRun, type RegexStats } from './regex-run.js';

export interface Regex {
  /**
   * True where the pattern matches somewhere in `text`.
   * Cost: mostly one table look-up per character; never more than one visit of each instruction (at most 5,000) per character.
   */
  test(text: string): boolean;
  /** What matching has cost so far. */
  stats(): RegexStats;
}

/** A pattern, checked. It carries what works with it: who has one needs none of the code for regular expressions. */
export interface RegexPattern {
  readonly source: string;
  /** Ready to be tried on many texts: keep it, it learns. */
  compile(): Regex;
  /** What every text it occurs in holds; null when nothing is known. */
  required(): RequiredText | null;
}

/**
 * `path` is what errors call `source`.
 * @throws VALUE_REGEX naming the position: bad syntax, look-around, back-references, more than 1,000 characters or 5,000 instructions
 */
export function readRegex(source: string, path?: string): RegexPattern {
  const tree = parseRegex(source, path);
  const program = buildRegexProgram(tree, path);
  return { source, compile: () => new RegexRun(program), required: () => requiredText(tree) };
}
