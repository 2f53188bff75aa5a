/** How a collection is called while it is being imported. */

/** No name of a user's collection begins like this: `$import:IMPORT:N`. */
const PREFIX = '$import:';

export function isStaged({ name }: { name: string }): boolean {
  return name.startsWith(PREFIX);
}

/** The import a staged collection belongs to. */
export function importOf({ name }: { name: string }): string {
  return name.slice(PREFIX.length).split(':')[0]!;
}
