/**
 * `$regex`: whether a pattern occurs in a text, in time linear in the text whatever the pattern.
 * The syntax is that of Rust's regex crate, which Chroma uses (regex-parse.ts); no backtracking, so no captures either.
 */
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

/**
 * `pattern` ready to be tried on many texts: keep it, it learns. `path` is what errors call it.
 * @throws VALUE_REGEX naming the position: bad syntax, look-around, back-references, more than 1,000 characters or 5,000 instructions
 */
export function compileRegex(pattern: string, path?: string): Regex {
  return new RegexRun(buildRegexProgram(parseRegex(pattern, path), path));
}

/** The checks of `compileRegex` alone. @throws VALUE_REGEX */
export function checkRegex(pattern: string, path?: string): void {
  buildRegexProgram(parseRegex(pattern, path), path);
}
