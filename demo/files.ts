/** Files from a drop or a file dialog, folders opened, each with its path. Reads no contents. */

export interface FoundFile {
  /** `folder/sub/name.md`, or the bare name of a file given alone. */
  path: string;
  file: File;
}

export interface FoundFiles {
  files: FoundFile[];
  /** Entries the browser would not hand over. */
  refused: { path: string; reason: string }[];
}

/** Files chosen in a dialog; those of a folder know their path in it. */
export function filesFromInput(list: FileList): FoundFiles {
  return {
    files: Array.from(list, (file) => ({ path: file.webkitRelativePath || file.name, file })),
    refused: [],
  };
}

/**
 * Files dropped on the page, those inside folders included. Must be called in the drop event itself: the entries are
 * gone when it ends. What it returns may be awaited later.
 */
export async function filesFromDrop(transfer: DataTransfer): Promise<FoundFiles> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry()).filter(
    (entry) => entry !== null,
  );
  const found: FoundFiles = { files: [], refused: [] };
  if (entries.length === 0) return filesFromInput(transfer.files);
  for (const entry of entries) await collect(entry, found);
  return found;
}

async function collect(entry: FileSystemEntry, found: FoundFiles): Promise<void> {
  const path = entry.fullPath.replace(/^\//, '');
  try {
    if (isFile(entry)) {
      found.files.push({
        path,
        file: await new Promise<File>((resolve, reject) => entry.file(resolve, reject)),
      });
    } else if (isDirectory(entry)) {
      for (const child of await childrenOf(entry)) await collect(child, found);
    }
  } catch (error) {
    found.refused.push({
      path,
      reason: `The browser could not open it: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
}

/** `readEntries` gives at most 100 at a time; an empty answer is the end. */
async function childrenOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return children.sort((a, b) => a.name.localeCompare(b.name));
    children.push(...some);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
