/**
 * A wall clock that can be set and a steady one that can leap, put over those of a page or a worker as soon as this file is
 * loaded there. Other code asks `Date` and `performance` as ever.
 */
import { randomFrom } from './workload.mjs';

const HALF_DAY_MS = 12 * 3_600_000;

/** Milliseconds that are added to each; `restless`: the wall clock says something else each time it is asked, a half day off at most. */
const shift = { wall: 0, steady: 0, restless: false };
const random = randomFrom(50);

const { now } = Date;
const steadyNow = performance.now.bind(performance);
Date.now = () => now() + shift.wall + (shift.restless ? (random() * 2 - 1) * HALF_DAY_MS : 0);
globalThis.Date = new Proxy(Date, {
  construct: (target, parts, made) =>
    Reflect.construct(target, parts.length === 0 ? [Date.now()] : parts, made),
  apply: () => new Date().toString(),
});
performance.now = () => steadyNow() + shift.steady;

/** @param {{ wall?: number, steady?: number, restless?: boolean }} to */
export function setClock(to) {
  Object.assign(shift, to);
}

// In a worker the message is all there is.
if (typeof document === 'undefined') {
  globalThis.addEventListener('message', ({ data }) => {
    if (data?.faults === 'clock') setClock(data.to);
  });
}
