/** The name of an encryption key is judged as chromadb judges it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ours, theirs } from '../search/fixtures/chromadb.js';

test('the form of a key of encryption is that of chromadb, found in linear time', () => {
  const names = fc.array(
    fc.constantFrom(
      'projects/',
      '/locations/',
      'locations/',
      '/keyRings/',
      '/cryptoKeys/',
      'a',
      '/',
      '\n',
      'é',
    ),
    { maxLength: 9 },
  );
  const whole = fc.tuple(names, names, names, names).map((parts) => {
    const [project, location, ring, key] = parts.map((part) => part.join(''));
    return `projects/${project}/locations/${location}/keyRings/${ring}/cryptoKeys/${key}`;
  });
  let valid = 0;
  fc.assert(
    fc.property(
      fc.oneof(
        names.map((part) => part.join('')),
        whole,
      ),
      (resource) => {
        const verdict = ours.Cmek.gcp(resource).validatePattern();
        expect(verdict).toBe(theirs.Cmek.gcp(resource).validatePattern());
        if (verdict) valid += 1;
      },
    ),
    { numRuns: 3_000 },
  );
  expect(valid).toBeGreaterThan(40);
  expect(ours.Cmek.gcp(`projects/${'/locations/'.repeat(100_000)}`).validatePattern()).toBe(false);
});
