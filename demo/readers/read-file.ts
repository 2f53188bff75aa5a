/** A file becomes a source document: chooses the reader by name and content, or says why there is none. */
import type { DocumentKind, Passage, SourceDocument } from '../documents.js';
import type { FoundFile } from '../files.js';
import { formatBytes } from '../format.js';
import { readCsv } from './csv.js';
import { decodeFile, type DecodeOptions } from './decode.js';
import { readHtml } from './html.js';
import { readJson } from './json.js';
import { readMarkdown } from './markdown.js';
import { readText } from './text.js';
import { UnreadableFile } from './unreadable.js';

type FileKind = Exclude<DocumentKind, 'note'>;

const KINDS: Readonly<Record<string, FileKind>> = {
  md: 'markdown',
  markdown: 'markdown',
  mdx: 'markdown',
  htm: 'html',
  html: 'html',
  xhtml: 'html',
  csv: 'csv',
  tsv: 'csv',
  json: 'json',
  jsonl: 'json',
  ndjson: 'json',
  geojson: 'json',
};

/** Formats people will try, and what helps instead. */
const UNSUPPORTED: readonly [RegExp, string][] = [
  [/^pdf$/, 'PDF files are not supported; export the text, or save as HTML.'],
  [
    /^(docx?|odt|rtf|pages|pptx?|xlsx?|ods|epub)$/,
    'Office files are not supported; save as text, HTML or CSV.',
  ],
  [
    /^(png|jpe?g|gif|webp|avif|svg|bmp|ico|heic|tiff?)$/,
    'Images are not supported: there is no text to search.',
  ],
  [
    /^(mp3|wav|ogg|flac|m4a|mp4|mov|webm|mkv|avi)$/,
    'Audio and video are not supported: there is no text to search.',
  ],
  [/^(zip|gz|tgz|7z|rar|tar|xz|bz2)$/, 'Archives are not supported; unpack them and drop the folder.'],
];

/** Parsed in one piece each, which blocks the page for about a second per 100 MB: kept well below that. */
const LARGEST: Readonly<Record<FileKind, number>> = {
  html: 8_000_000,
  json: 16_000_000,
  csv: 64_000_000,
  markdown: 64_000_000,
  text: 64_000_000,
};

/** Throws UnreadableFile with the reason, in words for the person who added the file. */
export async function readFile(
  { path, file }: FoundFile,
  options: DecodeOptions = {},
): Promise<SourceDocument> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  const unsupported = UNSUPPORTED.find(([pattern]) => pattern.test(extension));
  if (unsupported) throw new UnreadableFile(unsupported[1]);
  if (file.size === 0) throw new UnreadableFile('It is empty.');
  const limit = LARGEST[KINDS[extension] ?? 'text'];
  if (file.size > limit) {
    throw new UnreadableFile(
      `It has ${formatBytes(file.size)}; this page reads such files up to ${formatBytes(limit)}.`,
    );
  }
  const text = await decode(file, options);
  const kind = KINDS[extension] ?? kindByContent(text);
  const bare = name.replace(/\.[^.]+$/, '') || name;
  const { title, passages } = readAs(kind, text);
  return {
    path: path.toWellFormed(),
    title: (title || bare).toWellFormed(),
    folder: path.includes('/') ? path.slice(0, path.lastIndexOf('/')).toWellFormed() : '',
    context: '',
    kind,
    origin: 'file',
    characters: text.length,
    passages,
  };
}

async function decode(file: File, options: DecodeOptions): Promise<string> {
  try {
    return await decodeFile(file, options);
  } catch (error) {
    // A file deleted or changed since it was chosen, or one without permission to read.
    if (error instanceof DOMException && error.name !== 'AbortError') {
      throw new UnreadableFile(`The browser could not read it: ${error.message}`);
    }
    throw error;
  }
}

/** For names that promise nothing: text, unless it begins like a web page or is JSON from end to end. */
function kindByContent(text: string): FileKind {
  const start = text.slice(0, 256).trimStart();
  if (/^(<!doctype html|<html)/i.test(start)) return 'html';
  if (/^[[{]/.test(start) && text.length <= LARGEST.json) {
    try {
      JSON.parse(text);
      return 'json';
    } catch {
      // Text that happens to begin with a bracket.
    }
  }
  return 'text';
}

function readAs(kind: FileKind, text: string): { title: string; passages: Iterable<Passage> } {
  switch (kind) {
    case 'markdown':
      return readMarkdown(text);
    case 'html':
      return readHtml(text);
    case 'csv':
      return { title: '', passages: readCsv(text) };
    case 'json':
      return { title: '', passages: readJson(text) };
    case 'text':
      return { title: '', passages: readText(text) };
  }
}
