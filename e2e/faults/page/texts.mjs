/** What crosses between page and runner as text: bytes, and codes of errors. */

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

/** @param {string} text */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** @param {unknown} error */
export const codeOf = (error) => String(/** @type {{ code?: unknown }} */ (Object(error)).code ?? error);
