/** What is kept of requests: exact round trips, and every other byte refused. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, type Pieces } from './bytes.js';
import { decodeLogged, encodeEntry } from './entry.js';
import { HAS_REQUEST } from './log-row.js';
import { pushClients, pushRequest, readClients, readRequest } from './requests.js';
import type { ClientReplies, StoredRequest } from './requests.js';

const reply = fc.oneof(fc.constant(''), fc.json());
const request: fc.Arbitrary<StoredRequest> = fc
  .record({
    client: fc.string({ minLength: 1, maxLength: 16 }),
    n: fc.integer({ min: 1, max: 2 ** 50 }),
    reply,
  })
  .chain((each) => fc.record({ ...constants(each), answered: fc.integer({ min: 0, max: each.n }) }));
const clients: fc.Arbitrary<ClientReplies[]> = fc.uniqueArray(
  fc.record({
    client: fc.string({ minLength: 1, maxLength: 16 }),
    answered: fc.nat(5),
    replies: fc.uniqueArray(fc.record({ n: fc.integer({ min: 5, max: 2 ** 40 }), reply }), {
      selector: ({ n }) => n,
      maxLength: 5,
    }),
  }),
  { selector: ({ client }) => client, maxLength: 5 },
);

function constants<T extends object>(value: T): { [K in keyof T]: fc.Arbitrary<T[K]> } {
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fc.constant(each)])) as {
    [K in keyof T]: fc.Arbitrary<T[K]>;
  };
}

function bytesOf(push: (to: Pieces) => void): Uint8Array<ArrayBuffer> {
  const to: Pieces = { pieces: [], length: 0 };
  push(to);
  const bytes = new Uint8Array(Buffer.concat(to.pieces));
  expect(bytes.length).toBe(to.length);
  return bytes;
}

function read<T>(bytes: Uint8Array<ArrayBuffer>, take: (reader: ByteReader) => T): T {
  const reader = new ByteReader(bytes);
  const value = take(reader);
  reader.end('the test');
  return value;
}

test('a request comes back as it was, alone and in front of its entry', () => {
  fc.assert(
    fc.property(request, (each) => {
      expect(
        read(
          bytesOf((to) => pushRequest(to, each)),
          readRequest,
        ),
      ).toEqual(each);
      const { op, flags, payload } = encodeEntry({ op: 'createTenant', name: 'x' }, each);
      expect(flags).toBe(HAS_REQUEST);
      expect(
        decodeLogged(
          op,
          flags,
          bytesOf((to) => Object.assign(to, payload)),
        ),
      ).toEqual({
        entry: { op: 'createTenant', name: 'x' },
        request: each,
      });
    }),
  );
});

test('what is remembered of clients comes back as it was, alone and in a reset', () => {
  fc.assert(
    fc.property(clients, (each) => {
      expect(
        read(
          bytesOf((to) => pushClients(to, each)),
          readClients,
        ),
      ).toEqual(each);
      const { op, flags, payload } = encodeEntry({ op: 'reset', clients: each });
      expect(
        decodeLogged(
          op,
          flags,
          bytesOf((to) => Object.assign(to, payload)),
        ).entry,
      ).toEqual(each.length === 0 ? { op: 'reset' } : { op: 'reset', clients: each });
    }),
  );
});

test('bytes cut short or changed are refused or mean something else, and never more than they can hold', () => {
  fc.assert(
    fc.property(clients, fc.nat(), fc.nat(255), (each, place, value) => {
      const bytes = bytesOf((to) => pushClients(to, each));
      expect(() => read(bytes.slice(0, -1), readClients)).toThrow(
        expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
      );
      bytes[place % bytes.length] = value;
      let found: ClientReplies[] = [];
      try {
        found = read(bytes, readClients);
      } catch (error) {
        expect(error).toMatchObject({ code: 'FORMAT_CORRUPT' });
      }
      expect(found.length).toBeLessThanOrEqual(bytes.length / 16);
    }),
  );
});

test.each<[string, (to: Pieces) => void]>([
  ['an empty client', (to) => pushRequest(to, { client: '', n: 1, answered: 0, reply: '' })],
  ['a client of 65 bytes', (to) => pushRequest(to, { client: 'x'.repeat(65), n: 1, answered: 0, reply: '' })],
  ['the number 0', (to) => pushRequest(to, { client: 'x', n: 0, answered: 0, reply: '' })],
  ['an answer to what was not asked', (to) => pushRequest(to, { client: 'x', n: 1, answered: 2, reply: '' })],
  ['a reply that is not JSON', (to) => pushRequest(to, { client: 'x', n: 1, answered: 0, reply: '{' })],
])('a request with %s is FORMAT_CORRUPT', (_, push) => {
  expect(() => read(bytesOf(push), readRequest)).toThrow(expect.objectContaining({ code: 'FORMAT_CORRUPT' }));
});

test.each<[string, ClientReplies[]]>([
  [
    'a client twice',
    [
      { client: 'x', answered: 0, replies: [] },
      { client: 'x', answered: 0, replies: [] },
    ],
  ],
  [
    'a reply twice',
    [
      {
        client: 'x',
        answered: 0,
        replies: [
          { n: 1, reply: '' },
          { n: 1, reply: '' },
        ],
      },
    ],
  ],
  ['a reply that was forgotten', [{ client: 'x', answered: 2, replies: [{ n: 1, reply: '' }] }]],
])('a list with %s is FORMAT_CORRUPT', (_, each) => {
  expect(() =>
    read(
      bytesOf((to) => pushClients(to, each)),
      readClients,
    ),
  ).toThrow(expect.objectContaining({ code: 'FORMAT_CORRUPT' }));
});
