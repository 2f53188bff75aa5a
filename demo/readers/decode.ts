/** Bytes of a file to text, slice by slice: finds the encoding, refuses what is not text. Knows nothing of formats. */
import { UnreadableFile } from './unreadable.js';

/** Read at once: small enough to decode within a frame, large enough that the reads do not dominate. */
const SLICE_BYTES = 512 * 1024;

export interface DecodeOptions {
  /** Hears the share of the file that has been read, 0…1. */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

/**
 * The text of `file`: UTF-8, UTF-16 with a byte order mark, or Windows-1252 where the bytes are not valid UTF-8.
 * Throws UnreadableFile for binary content.
 */
export async function decodeFile(file: Blob, options: DecodeOptions = {}): Promise<string> {
  const start = new Uint8Array(await file.slice(0, 4096).arrayBuffer());
  const marked = encodingByMark(start);
  if (marked === null && start.includes(0))
    throw new UnreadableFile('Binary file: it holds zero bytes, which text never does.');
  try {
    return await decodeAs(file, marked ?? 'utf-8', options);
  } catch (error) {
    if (!(error instanceof TypeError) || marked !== null) throw error;
    // Every byte sequence is valid Windows-1252, so ask whether it reads like text before trusting it.
    if (!looksLikeText(start))
      throw new UnreadableFile('Binary file: its bytes are not text in any encoding known here.');
    return decodeAs(file, 'windows-1252', options);
  }
}

/** Rejects with TypeError where the bytes are not valid in `encoding`. */
async function decodeAs(
  file: Blob,
  encoding: string,
  { onProgress, signal }: DecodeOptions,
): Promise<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const parts: string[] = [];
  for (let from = 0; from < file.size; from += SLICE_BYTES) {
    signal?.throwIfAborted();
    const bytes = await file.slice(from, from + SLICE_BYTES).arrayBuffer();
    parts.push(decoder.decode(bytes, { stream: true }));
    onProgress?.(Math.min(1, (from + SLICE_BYTES) / file.size));
  }
  parts.push(decoder.decode());
  return parts.join('');
}

function encodingByMark(start: Uint8Array): string | null {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8';
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  return null;
}

/** Control characters other than tab, line feed, form feed and carriage return are rare in text: at most 1 in 100. */
function looksLikeText(bytes: Uint8Array): boolean {
  let controls = 0;
  for (const byte of bytes)
    if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13) controls++;
  return controls * 100 <= bytes.length;
}
