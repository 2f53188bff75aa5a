/** Markdown as one reads it aloud: links become their text, marks of emphasis, lists, quotes, tables and code go. Not a parser. */

/** Code blocks keep their content as it is; everything else loses its marks, and lines of one paragraph become one line. */
export function plainMarkdown(source: string): string {
  const lines: string[] = [];
  let fence = '';
  /** Whether the next line may continue the last one. */
  let open = false;
  for (const line of source.split('\n')) {
    const marks = /^\s*(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
    if (fence === '' && marks !== '') fence = marks;
    else if (fence !== '' && marks.startsWith(fence)) fence = '';
    else if (fence !== '') lines.push(line.trimEnd());
    else if (!isDecoration(line)) {
      const plain = plainLine(line);
      if (open && plain !== '' && !startsBlock(line)) lines.push(`${lines.pop()} ${plain.trimStart()}`);
      else lines.push(plain);
      open = plain !== '' && !/^\s*(?:#{1,6}\s|\|)/.test(line) && !/(?: {2}|\\)$/.test(line);
      continue;
    }
    open = false;
  }
  return lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

/** Headings, list items, quotes and table rows are lines of their own. */
function startsBlock(line: string): boolean {
  return /^\s*(?:#{1,6}\s|[-*+]\s|\d+[.)]\s|>|\|)/.test(line);
}

/** Rules, the underlines of headings, the line between a table's head and body. */
function isDecoration(line: string): boolean {
  return /^\s*([-*_=]\s*){3,}$/.test(line) || /^\s*\|?[\s:|-]*-{2,}[\s:|-]*$/.test(line);
}

function plainLine(line: string): string {
  const block = line
    .replace(/^(\s*>)+\s?/, '')
    .replace(/^\s*#{1,6}\s+/, '')
    .replace(/^(\s*)(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?/, '$1• ')
    .replace(/\\$/, '')
    .trimEnd();
  const cells = /^\s*\|(.+)\|\s*$/.exec(block)?.[1];
  if (cells === undefined) return plainInline(block);
  return cells
    .split(/(?<!\\)\|/)
    .map((cell) => plainInline(cell.trim()))
    .filter((cell) => cell !== '')
    .join(' · ');
}

function plainInline(text: string): string {
  // Code and escaped characters are not Markdown: set aside, then put back.
  const verbatim: string[] = [];
  const setAside = (content: string): string => `\u{e000}${verbatim.push(content) - 1}\u{e001}`;
  return text
    .replaceAll(/(`+)(.+?)\1(?!`)/g, (_, _marks, content: string) => setAside(content.trim()))
    .replaceAll(/\\([\\`*_{}[\]()#+\-.!|<>~])/g, (_, character: string) => setAside(character))
    .replaceAll(/!?\[([^\]]*)\]\((?:[^()]|\([^()]*\))*\)/g, '$1')
    .replaceAll(/!?\[([^\]]+)\]\[[^\]]*\]/g, '$1')
    .replaceAll(/<(https?:[^>\s]+)>/g, '$1')
    .replaceAll(/<\/?[a-z][^<>]*>/gi, '')
    .replaceAll(/(\*\*|__)(?=\S)(.+?)(?<=\S)\1/g, '$2')
    .replaceAll(/(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])/g, '$1')
    .replaceAll(/(?<!\w)_(?=\S)([^_]+?)(?<=\S)_(?!\w)/g, '$1')
    .replaceAll(/~~(.+?)~~/g, '$1')
    .replaceAll(/\u{e000}(\d+)\u{e001}/gu, (_, at: string) => verbatim[Number(at)] ?? '');
}
