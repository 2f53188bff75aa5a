/** The texts given to an embedding function of ours, checked. */
import { kindexError } from '../base/errors.js';

/** @throws VALUE_ARGUMENT when it is no array · VALUE_DOCUMENT naming the first entry that is no string */
export function checkTexts(texts: unknown): asserts texts is string[] {
  if (!Array.isArray(texts)) {
    throw kindexError(
      'VALUE_ARGUMENT',
      `Expected an array of texts, got ${texts === null ? 'null' : typeof texts}.`,
    );
  }
  for (const [index, text] of texts.entries()) {
    if (typeof text === 'string') continue;
    throw kindexError(
      'VALUE_DOCUMENT',
      `Text ${index} of ${texts.length} is of type ${typeof text}, not a string.`,
      {
        fix: 'Pass one string per text.',
        details: { index },
      },
    );
  }
}
