/** Why a file cannot be read, in words for the person who dropped it. */
export class UnreadableFile extends Error {
  override readonly name: string = 'UnreadableFile';
}
