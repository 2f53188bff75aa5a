/** Files dropped anywhere on the page, or chosen by the two buttons. Hands them on; reads nothing. */
import { filesFromDrop, filesFromInput, type FoundFiles } from './files.js';

export interface DropZoneOptions {
  /** Covers the page while files are dragged over it. */
  overlay: HTMLElement;
  fileInput: HTMLInputElement;
  folderInput: HTMLInputElement;
  onFiles: (found: FoundFiles) => void;
  onError: (error: unknown) => void;
}

export function connectDropZone({
  overlay,
  fileInput,
  folderInput,
  onFiles,
  onError,
}: DropZoneOptions): void {
  for (const input of [fileInput, folderInput]) {
    input.addEventListener('change', () => {
      if (input.files && input.files.length > 0) onFiles(filesFromInput(input.files));
      // The same file chosen again must be a change again.
      input.value = '';
    });
  }
  // Enter and leave come once per element crossed: the drag has left the page when they balance.
  let depth = 0;
  const show = (over: boolean): void => {
    overlay.hidden = !over;
  };
  addEventListener('dragenter', (event) => {
    if (!carriesFiles(event)) return;
    depth++;
    show(true);
  });
  addEventListener('dragleave', (event) => {
    if (!carriesFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (depth === 0) show(false);
  });
  addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
  });
  addEventListener('drop', (event) => {
    if (!carriesFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    depth = 0;
    show(false);
    filesFromDrop(event.dataTransfer).then(onFiles, onError);
  });
}

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}
