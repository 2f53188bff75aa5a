/*
 * Put in front of the store's worker by the runner, for cases that need a worker to stop at a given moment. It tells the
 * runner of each step in IndexedDB by a request that blocks the worker until the runner has answered, or killed it.
 */
{
  /**
   * What the runner has put in front of this.
   * @type {{ makeScarce: typeof import('./scarcity.mjs').makeScarce, faultSettings: { quiet?: boolean, scarcity?: import('./scarcity.mjs').Scarcity, missing?: string, clock?: boolean, crashes?: boolean } }}
   */
  const { makeScarce, faultSettings } = Object(globalThis);
  const say = (/** @type {string} */ name) => {
    if (faultSettings.quiet) return;
    const request = new XMLHttpRequest();
    request.open('GET', `/point?name=${encodeURIComponent(name)}`, false);
    request.send();
  };
  if (faultSettings.scarcity) {
    const memory = makeScarce((of, count) => say(`refused ${of} ${count}`));
    memory.set(faultSettings.scarcity);
    // The runner changes its mind while the worker runs.
    globalThis.addEventListener('message', ({ data }) => {
      if (data?.faults === 'memory') memory.set(data.scarcity);
    });
  }
  // An engine that refuses what has relaxed SIMD instructions, or all SIMD ones.
  const missing = faultSettings.missing ?? null;
  if (missing) {
    const { validate } = WebAssembly;
    const isRelaxed = (/** @type {Uint8Array} */ code) =>
      code.some((byte, i) => byte === 0xfd && code[i + 1] === 0x93 && code[i + 2] === 2);
    WebAssembly.validate = (code) =>
      missing !== 'simd' && !isRelaxed(/** @type {Uint8Array<ArrayBuffer>} */ (code)) && validate(code);
  }
  if (faultSettings.clock) void import(new URL('/faults/clock.mjs', location.origin).href);
  /** How it is to crash, at the next moment that is as wanted. @type {'' | 'throw' | 'put throws' | 'trap' | 'end'} */
  let crash = '';
  const crashHere = (/** @type {typeof crash} */ how) => {
    if (crash !== how) return false;
    crash = '';
    say(`crashes: ${how}`);
    return true;
  };
  /** `(module (func (export "trap") unreachable))` */
  const trapping = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 116, 114, 97, 112, 0, 0, 10, 5, 1,
    3, 0, 0, 11,
  ];
  if (faultSettings.crashes) {
    const { Instance } = WebAssembly;
    const trap = () => {
      const { exports } = new Instance(new WebAssembly.Module(Uint8Array.from(trapping)));
      /** @type {() => void} */ (exports['trap'])();
    };
    WebAssembly.Instance = new Proxy(Instance, {
      construct(target, parts) {
        const { exports } = Reflect.construct(target, parts);
        const wrapped = Object.entries(exports).map(([name, one]) => [
          name,
          typeof one !== 'function'
            ? one
            : (/** @type {unknown[]} */ ...given) => {
                if (crashHere('trap')) trap();
                return one(...given);
              },
        ]);
        return { exports: Object.fromEntries(wrapped) };
      },
    });
  }
  const databases = new Set();
  const transactions = new Set();
  /** How the worker is to stand still, at the next moment that is as wanted. @type {'' | 'loop' | 'hold'} */
  let stop = '';
  let inside = false;
  /** When it was held up last; from then on it tells how its transactions end. @type {string | undefined} */
  let held;
  let next = '';
  const stopHere = (/** @type {boolean} */ within) => {
    if (stop === '' || inside !== within || (!within && transactions.size > 0)) return;
    const how = stop;
    stop = '';
    say(`${how} begins`);
    if (how === 'loop') for (;;);
    held = next;
    say(`held ${held}`);
  };
  globalThis.addEventListener('message', (event) => {
    const { faults, within, tag } = Object(event.data);
    if (faults === 'loop' || faults === 'hold') [stop, inside, next] = [faults, within === true, tag];
    stopHere(false);
    if (faults === 'crash') crash = event.data.how;
    if (crash === 'throw')
      setTimeout(() => {
        if (crashHere('throw')) throw new Error('a crash, as asked for');
      });
    if (event.data?.faults !== 'close') return;
    for (const tx of transactions) {
      try {
        tx.abort();
      } catch {
        // It has just ended.
      }
    }
    for (const database of databases) {
      database.close();
      database.dispatchEvent(new Event('close'));
    }
    databases.clear();
  });
  const { put } = IDBObjectStore.prototype;
  const { transaction, createObjectStore } = IDBDatabase.prototype;
  IDBDatabase.prototype.createObjectStore = function (name, options) {
    say(`create ${name}`);
    return createObjectStore.call(this, name, options);
  };
  IDBObjectStore.prototype.put = function (value, key) {
    if (this.name !== 'log') say(`put ${this.name} ${String(key)}`);
    if (crashHere('put throws')) throw new Error('a crash, as asked for');
    // In the middle of a transaction: the worker takes no further message.
    if (crashHere('end')) globalThis.close();
    const request = put.call(this, value, key);
    stopHere(true);
    return request;
  };
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    const tx = transaction.call(this, stores, mode, options);
    databases.add(this);
    transactions.add(tx);
    for (const end of ['complete', 'abort'])
      tx.addEventListener(end, () => {
        transactions.delete(tx);
        if (mode === 'readwrite' && end === 'complete') say('complete');
        if (mode === 'readwrite' && held !== undefined) say(`since ${held}: ${end}`);
        stopHere(false);
      });
    return tx;
  };
}
