/**
 * Whether a code point is in a set, and which names of Unicode properties there are.
 * The platform's own tables answer, through regular expressions over one character; no pattern of a user reaches them.
 */
import type { CodePointSet } from './regex-syntax.js';

export type SetTest = (codePoint: number) => boolean;

/**
 * A test of membership in `set`. With `ignoreCase` a code point is in where any of its simple case variants is (so K, k and
 * the Kelvin sign go together); a complement is taken after that, as in Rust: (?i)[^k] leaves all three out.
 */
export function createSetTest(set: CodePointSet, ignoreCase: boolean): SetTest {
  switch (set.kind) {
    case 'range': {
      const { from, to } = set;
      if (ignoreCase) return characterTest(`[${escape(from)}-${escape(to)}]`, 'iu');
      return (codePoint) => codePoint >= from && codePoint <= to;
    }
    case 'property':
      return characterTest(`\\p{${set.name}}`, ignoreCase ? 'iu' : 'u');
    case 'union': {
      const tests = set.members.map((member) => createSetTest(member, ignoreCase));
      return (codePoint) => tests.some((test) => test(codePoint));
    }
    case 'not': {
      const test = createSetTest(set.set, ignoreCase);
      return (codePoint) => !test(codePoint);
    }
    case 'intersection':
    case 'difference':
    case 'symmetricDifference': {
      const left = createSetTest(set.left, ignoreCase);
      const right = createSetTest(set.right, ignoreCase);
      if (set.kind === 'intersection') return (codePoint) => left(codePoint) && right(codePoint);
      if (set.kind === 'difference') return (codePoint) => left(codePoint) && !right(codePoint);
      return (codePoint) => left(codePoint) !== right(codePoint);
    }
    default:
      return set satisfies never;
  }
}

function characterTest(source: string, flags: 'u' | 'iu'): SetTest {
  const expression = new RegExp(`^${source}$`, flags);
  return (codePoint) => expression.test(String.fromCodePoint(codePoint));
}

function escape(codePoint: number): string {
  return `\\u{${codePoint.toString(16)}}`;
}

/** Properties whose values may be named: general category, script, script extensions. */
const PROPERTIES: ReadonlyMap<string, string> = new Map([
  ['gc', 'General_Category'],
  ['general_category', 'General_Category'],
  ['sc', 'Script'],
  ['script', 'Script'],
  ['scx', 'Script_Extensions'],
  ['script_extensions', 'Script_Extensions'],
]);

/**
 * The set called `name` in `\p{name}`: a general category, binary property or script, or `property=value`; `:` does for `=`, and
 * `!=` gives the complement. Upper and lower case, spaces, `-` and a leading `is` do not matter, but words must be apart
 * (`lowercase_letter`). null when there is none of that name; `Age` and the break properties are not known here.
 */
export function propertySet(name: string): CodePointSet | null {
  const parts = /^([^=:!]*)(!=|=|:)([^=:!]*)$/.exec(name);
  if (parts === null) {
    return firstKnown(spellings(name).flatMap((value) => [value, `Script=${value}`]));
  }
  const [, property = '', operator, value = ''] = parts;
  const known = PROPERTIES.get(words(property).join('_').toLowerCase());
  if (known === undefined) return null;
  const set = firstKnown(spellings(value).map((spelling) => `${known}=${spelling}`));
  return set !== null && operator === '!=' ? { kind: 'not', set } : set;
}

/** As written; with every word capitalised (`Old_Italic`); in capitals (`LC`). */
function spellings(name: string): string[] {
  const plain = words(name);
  const bare = plain.map((word, i) => (i === 0 ? word.replace(/^is(?=.)/i, '') : word));
  return [
    ...new Set(
      [plain, bare].flatMap((list) => [
        list.join('_'),
        list.map(capitalise).join('_'),
        list.join('_').toUpperCase(),
      ]),
    ),
  ];
}

function words(name: string): string[] {
  return name.split(/[\s_-]+/).filter((word) => word !== '');
}

function capitalise(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();
}

function firstKnown(candidates: string[]): CodePointSet | null {
  for (const name of candidates) {
    // Names are letters, digits and `_` alone, so that nothing but a property can stand in the braces.
    if (!/^(?:[A-Z]\w*=)?\w+$/i.test(name)) continue;
    try {
      characterTest(`\\p{${name}}`, 'u');
      return { kind: 'property', name };
    } catch {
      // Not a property of this platform: the next spelling.
    }
  }
  return null;
}
