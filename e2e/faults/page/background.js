/* The service worker of the extension: has the offscreen document write records, and tells the runner of every answer. */
{
  const { runtime } = /** @type {any} */ (globalThis).chrome;
  runtime.onMessage.addListener(
    (
      /** @type {any} */ { send },
      /** @type {unknown} */ _,
      /** @type {(reply: unknown) => void} */ reply,
    ) => {
      if (!send) return false;
      const told = (/** @type {string} */ name) =>
        fetch(`${send.hub}/point?name=${encodeURIComponent(name)}`, { mode: 'no-cors' });
      void (async () => {
        for (let i = send.from; i < send.to; i++) {
          const { stored, failed } = await runtime.sendMessage({ write: `x/${i}` });
          await told(stored === `x/${i}` ? `acknowledged ${i}` : `failed ${i}: ${failed}`);
        }
      })();
      reply({ begun: true });
      return false;
    },
  );
}
