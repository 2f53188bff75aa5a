/** Door `kindex/text`: cutting text into chunks, sentences and pieces. */
export { chunkMarkdown } from './chunk/markdown.js';
export type { MarkdownChunk } from './chunk/markdown.js';
export { chunkText } from './chunk/recursive.js';
export type { Chunk, ChunkOptions } from './chunk/recursive.js';
export { estimateTokens } from './estimate-tokens.js';
export { segmentSentences } from './segment.js';
export type { SegmentOptions, Span } from './segment.js';
export { parseTokenizer, WordPieceTokenizer } from './wordpiece.js';
export type { WordPieceOptions } from './wordpiece.js';
export type { BertNormalizerOptions } from './bert-normalize.js';
