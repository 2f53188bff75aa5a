/** How long something outside may be silent: each wait of a load has the same time, and the first one that is in vain ends it. */

/** A network that gives no byte for so long gives none: those that retry by themselves have done it several times. */
export const STALL_MS = 30_000;

export interface Patience {
  /** True once something was waited for in vain. */
  readonly over: boolean;
  /** `promise`, or a rejection after so much silence. What it gives later is dropped. */
  for<T>(promise: Promise<T>): Promise<T>;
}

/** `ms`: of one wait; Infinity: no end. */
export function patience(ms: number): Patience {
  let over = false;
  return {
    get over() {
      return over;
    },
    for(promise) {
      if (ms === Infinity) return promise;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          over = true;
          reject(new Error(`no answer in ${ms} ms`));
        }, ms);
        promise.then(resolve, reject).finally(() => clearTimeout(timer));
      });
    },
  };
}
