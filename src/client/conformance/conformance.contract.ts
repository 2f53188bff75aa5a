/**
 * Replays the recorded conformance cases against one of our clients. What differs from the record must be declared in
 * deviations.contract.ts, step by step, with our own answer; a declaration that no longer differs is a failure, too.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AdminClient } from '../admin-client.js';
import type { ChromaClient } from '../chroma-client.js';
import type { StorageOption } from '../storage-option.js';
import { cases } from './cases/index.mjs';
import { findDifference } from './compare.contract.js';
import { DEVIATIONS, GUIDE_ROWS } from './deviations.contract.js';
import recorded from './recorded.json' with { type: 'json' };
import { runCase, type Step } from './run-case.mjs';

/** What a replay needs of a client and its module. */
export interface ConformanceTarget {
  /** The module users import. */
  api: object;
  /** A client over the storage, and an admin client over the same. */
  open: (storage: StorageOption) => { client: ChromaClient; admin: AdminClient };
}

const record = recorded.cases as unknown as Record<string, Step[]>;

export function describeConformance(where: string, target: ConformanceTarget): void {
  describe(`conformance in ${where}`, () => {
    let opened: ReturnType<ConformanceTarget['open']>;

    // One store for all cases, emptied between them as the recorder empties its server: starting workers takes far longer.
    beforeAll(() => {
      opened = target.open(`memory:${crypto.randomUUID()}`);
    });
    beforeEach(async () => {
      await opened.client.reset();
    });
    afterAll(async () => {
      await opened.client.close();
      await opened.admin.close();
    });

    test.each(cases.map((testCase) => [`${testCase.topic}: ${testCase.name}`, testCase] as const))(
      '%s',
      async (_, testCase) => {
        const expected = record[testCase.name];
        if (!expected) throw new Error('This case is not recorded yet: npm run conformance:record');
        const own = await runCase(testCase, { ...opened, api: target.api });
        expect(own.length, 'number of steps').toBe(expected.length);
        const surprises = own.flatMap((got, at) => {
          const declared = DEVIATIONS[testCase.name]?.find(({ step }) => step === at);
          const wanted = declared?.ours ?? expected[at];
          const difference = wanted === undefined ? 'is not recorded' : findDifference(wanted, got);
          return difference === null ? [] : [{ step: at, difference, wanted, got }];
        });
        expect(surprises, 'steps that answer otherwise than recorded or declared').toEqual([]);
      },
    );
  });

  describe('the record', () => {
    test('holds at least 150 cases, each named once, and none that is gone', () => {
      const names = cases.map(({ name }) => name);
      expect(names.length).toBeGreaterThanOrEqual(150);
      expect(new Set(names).size).toBe(names.length);
      expect(Object.keys(record).sort()).toEqual(names.toSorted());
      expect(Object.values(record).every((steps) => steps.length > 0)).toBe(true);
    });

    test('every declared deviation belongs to a recorded step and really differs from it', () => {
      const idle: string[] = [];
      for (const [name, deviations] of Object.entries(DEVIATIONS)) {
        for (const { step, ours } of deviations) {
          const theirs = record[name]?.[step];
          if (theirs === undefined) idle.push(`${name}, step ${step}: not in the record`);
          else if (findDifference(theirs, ours) === null) idle.push(`${name}, step ${step}: no difference`);
        }
      }
      expect(idle).toEqual([]);
    });

    test('every deviation names a row, and every row is needed', () => {
      const used = Object.values(DEVIATIONS).flatMap((deviations) => deviations.map(({ row }) => row));
      expect([...new Set(used)].sort()).toEqual([...GUIDE_ROWS].sort());
    });
  });
}
