/** What the page starts with: the sample notes and the project's own documentation, both put in at build time. */
import type { SourceDocument } from './documents.js';
import { readMarkdown } from './readers/markdown.js';
import notes from './samples/notes.json' with { type: 'json' };

interface Note {
  id: string;
  title: string;
  text: string;
  folder: string;
  tags: string[];
}

const pages: Record<string, string> = import.meta.glob(
  ['../README.md', '../CHANGELOG.md', '../CONTRIBUTING.md', '../docs/**/*.md'],
  {
    query: '?raw',
    import: 'default',
    eager: true,
  },
);

/** Notes first, in their order, then the documentation by path. */
export function sampleDocuments(): SourceDocument[] {
  return [
    ...notes.map(noteDocument),
    ...Object.entries(pages).map(([path, text]) => pageDocument(path, text)),
  ];
}

function noteDocument({ id, title, text, folder, tags }: Note): SourceDocument {
  return {
    path: `notes/${id}`,
    title,
    folder,
    context: folder,
    kind: 'note',
    origin: 'sample',
    characters: text.length,
    passages: [{ heading: tags.join(', '), text }],
  };
}

function pageDocument(from: string, text: string): SourceDocument {
  const path = from.replace(/^(\.\.\/)+/, 'kindex/');
  const { title, passages } = readMarkdown(text);
  return {
    path,
    title: title || path.slice(path.lastIndexOf('/') + 1),
    folder: path.slice(0, path.lastIndexOf('/')),
    context: '',
    kind: 'markdown',
    origin: 'sample',
    characters: text.length,
    passages,
  };
}
