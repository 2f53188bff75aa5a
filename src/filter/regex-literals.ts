/** What every text that a pattern matches must hold, so that an index can rule out the others. Says less than it could, never more. */
import type { RegexNode } from './regex-syntax.js';

export type RequiredText =
  | { kind: 'text'; text: string }
  /** All, or at least one, of `members`. Never empty. */
  | { kind: 'and' | 'or'; members: readonly RequiredText[] };

/** What is known of a part: `exact` is all it can match. */
interface Known {
  exact: string | null;
  required: RequiredText | null;
}

const NOTHING: Known = { exact: null, required: null };

/** Longer repeats are cut into their first copies. */
const MAX_EXACT = 256;

/** null when nothing is known. */
export function requiredText(tree: RegexNode): RequiredText | null {
  return asRequired(known(tree));
}

function known(node: RegexNode): Known {
  switch (node.kind) {
    case 'one': {
      const { set, ignoreCase } = node;
      if (set.kind !== 'range' || set.from !== set.to) return NOTHING;
      if (ignoreCase && !isCaseless(set.from)) return NOTHING;
      return { exact: String.fromCodePoint(set.from), required: null };
    }
    case 'assert':
      // Between two characters: what stands on its sides still touches.
      return { exact: '', required: null };
    case 'sequence':
      return knownOfSequence(node.parts.map(known));
    case 'choice': {
      const options = node.options.map((option) => asRequired(known(option)));
      return options.every((option) => option !== null)
        ? { exact: null, required: { kind: 'or', members: options } }
        : NOTHING;
    }
    case 'repeat': {
      if (node.min === 0) return NOTHING;
      const inner = known(node.node);
      if (inner.exact === null) return inner;
      const copies = Math.min(node.min, Math.max(1, Math.floor(MAX_EXACT / Math.max(1, inner.exact.length))));
      const text = inner.exact.repeat(copies);
      if (copies === node.max) return { exact: text, required: null };
      return { exact: null, required: asRequired({ exact: text, required: null }) };
    }
    default:
      return node satisfies never;
  }
}

function knownOfSequence(parts: readonly Known[]): Known {
  const members: RequiredText[] = [];
  let run = '';
  const endRun = (): void => {
    if (run !== '') members.push({ kind: 'text', text: run });
    run = '';
  };
  for (const { exact, required } of parts) {
    if (exact !== null) {
      run += exact;
      continue;
    }
    endRun();
    if (required !== null) members.push(required);
  }
  if (parts.every((part) => part.exact !== null)) return { exact: run, required: null };
  endRun();
  const [first] = members;
  if (first === undefined) return NOTHING;
  return { exact: null, required: members.length === 1 ? first : { kind: 'and', members } };
}

function asRequired({ exact, required }: Known): RequiredText | null {
  if (exact === null) return required;
  return exact === '' ? null : { kind: 'text', text: exact };
}

/** Surely without case variants: ASCII but its letters. */
function isCaseless(codePoint: number): boolean {
  return codePoint < 0x80 && !/[a-z]/i.test(String.fromCodePoint(codePoint));
}
