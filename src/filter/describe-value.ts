/** How an error shows a value it did not expect: short, never throwing, never the whole of it. */

const MAX_LENGTH = 40;

/** For example `string "abc"`, `number NaN`, `null`, `a list of 3`, `an object with keys a, b`. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `string ${JSON.stringify(shorten(value))}`;
    case 'number':
    case 'boolean':
    case 'bigint':
      return `${typeof value} ${shorten(String(value))}`;
    case 'object':
      return value === null ? 'null' : describeObject(value);
    case 'undefined':
      return 'undefined';
    case 'function':
    case 'symbol':
      return `a ${typeof value}`;
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  const keys = Object.keys(value);
  if (keys.length === 0) return 'an object without keys';
  const shown = keys.slice(0, 5).map(shorten).join(', ');
  return `an object with ${keys.length === 1 ? 'key' : `${keys.length} keys`} ${shown}${keys.length > 5 ? ', …' : ''}`;
}

function shorten(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}
