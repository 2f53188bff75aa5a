/*
 * Put in front of the store's worker by the runner, for cases that need a worker to stop at a given moment. It tells the
 * runner of each step in IndexedDB by a request that blocks the worker until the runner has answered, or killed it.
 */
{
  const say = (/** @type {string} */ name) => {
    const request = new XMLHttpRequest();
    request.open('GET', `/point?name=${encodeURIComponent(name)}`, false);
    request.send();
  };
  const databases = new Set();
  const transactions = new Set();
  globalThis.addEventListener('message', (event) => {
    if (event.data?.faults === 'loop') for (;;);
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
  const { transaction } = IDBDatabase.prototype;
  IDBObjectStore.prototype.put = function (value, key) {
    if (this.name !== 'log') say(`put ${this.name} ${String(key)}`);
    return put.call(this, value, key);
  };
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    const tx = transaction.call(this, stores, mode, options);
    databases.add(this);
    transactions.add(tx);
    tx.addEventListener('complete', () => transactions.delete(tx));
    tx.addEventListener('abort', () => transactions.delete(tx));
    if (mode === 'readwrite') tx.addEventListener('complete', () => say('complete'));
    return tx;
  };
}
