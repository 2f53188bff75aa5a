/**
 * Replays the recorded conformance cases against one of our clients. Whatever differs from the record must be declared in
 * deviations.ts, step by step, with our own expected answer; a declaration that no longer differs is a failure, too.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cases } from './cases/index.mjs';
import { findDifference } from './compare.contract.js';
import { DEVIATIONS } from './deviations.contract.js';
import recorded from './recorded.json' with { type: 'json' };
import { runCase, type Step } from './run-case.mjs';

/** What a replay needs of a client and its module. */
export interface ConformanceTarget {
  /** The module users import. */
  api: object;
  /** A client over a database of its own, and an admin client over the same. */
  open: () => { client: { close(): Promise<void> }; admin: unknown };
}

const record = recorded.cases as unknown as Record<string, Step[]>;

export function describeConformance(where: string, target: ConformanceTarget): void {
  describe(`conformance in ${where}`, () => {
    let opened: ReturnType<ConformanceTarget['open']>;
    let heard: string[] = [];
    const { warn } = console;
    // Some cases make the client warn on purpose; the answers are what counts here.
    beforeAll(() => {
      console.warn = (...words: unknown[]) => heard.push(words.join(' '));
    });
    afterAll(() => {
      console.warn = warn;
      heard = [];
    });

    for (const testCase of cases) {
      test(`${testCase.topic}: ${testCase.name}`, async () => {
        opened = target.open();
        const { client, admin } = opened;
        try {
          const own = await runCase(testCase, { client, api: target.api, admin });
          const expected = record[testCase.name];
          const declared = DEVIATIONS[testCase.name];
          if (!expected) throw new Error('Not recorded yet: run `npm run conformance:record`.');
          expect(own.length, 'number of steps').toBe(declared?.stepCount ?? expected.length);
          const surprises: string[] = [];
          own.forEach((step, i) => {
            const wanted = declared?.steps[i] ?? expected[i];
            const difference = wanted === undefined ? 'not recorded' : findDifference(wanted, step);
            if (difference !== null) {
              surprises.push(`step ${i}: ${difference}\n  want ${JSON.stringify(wanted)}\n  got  ${JSON.stringify(step)}`);
            }
          });
          expect(surprises, 'steps that answer otherwise').toEqual([]);
        } finally {
          await client.close();
        }
      });
    }
  });
}

describe('the record', () => {
  test('holds at least 150 cases, each named once, and no case that is gone', () => {
    const names = cases.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(150);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(record).sort()).toEqual(names.sort());
  });

  test('every declared deviation belongs to a case and really differs from the record', () => {
    const idle: string[] = [];
    for (const [name, { steps }] of Object.entries(DEVIATIONS)) {
      const expected = record[name];
      if (!expected) throw new Error(`No case is named "${name}".`);
      for (const [at, own] of Object.entries(steps)) {
        const recordedStep = expected[Number(at)];
        if (recordedStep && findDifference(recordedStep, own as Step) === null) idle.push(`${name}, step ${at}`);
      }
      expect(Object.keys(steps).length, name).toBeGreaterThan(0);
    }
    expect(idle).toEqual([]);
  });
});
