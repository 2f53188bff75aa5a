/*
 * Put in front of the store's worker by the runner (`/watched/`): tells it of the beginning and the end of every transaction that
 * may write. It holds up nothing.
 */
{
  // Where this file is from: a worker of a sandboxed frame has no host of its own.
  const socket = new WebSocket(`ws://${new URL(import.meta.url).host}/watch`);
  /** Said before the runner listened. @type {string[] | null} */
  let early = [];
  socket.onopen = () => {
    for (const word of early ?? []) socket.send(word);
    early = null;
  };
  const say = (/** @type {string} */ word) => (early ? early.push(word) : socket.send(word));
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    const tx = transaction.call(this, stores, mode, options);
    if (mode === 'readwrite') {
      say('begin');
      for (const end of ['complete', 'abort']) tx.addEventListener(end, () => say('end'));
    }
    return tx;
  };
}
