/** What the library takes up and what runs it: records, log, the browser's own estimate, engine and core. */
import type { StoreDiagnostics } from 'kindex';
import { element } from './dom.js';
import { formatBytes, formatCount } from './format.js';
import type { Library } from './library.js';

/** Diagnostics cost one call to the worker: asked for once after a burst of changes. */
const QUIET_MS = 400;

export interface StoragePanelOptions {
  library: Library;
  /** A `dl`. */
  facts: HTMLElement;
  smallPrint: HTMLElement;
  onError: (error: unknown) => void;
}

/** Keeps `facts` and `smallPrint` as the store says. */
export function showStorage(options: StoragePanelOptions): void {
  const panel = new StoragePanel(options);
  options.library.onChange(() => panel.refreshSoon());
}

class StoragePanel {
  readonly #options: StoragePanelOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: StoragePanelOptions) {
    this.#options = options;
  }

  refreshSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#refresh(), QUIET_MS);
  }

  async #refresh(): Promise<void> {
    try {
      this.#show(await this.#options.library.engine.client.diagnostics());
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #show(diagnostics: StoreDiagnostics): void {
    const { records, logBytes, originUsageBytes, originQuotaBytes, engine, core, storage, warnings } =
      diagnostics;
    const facts: [string, string][] = [
      ['Records', formatCount(records)],
      ['Library', formatBytes(logBytes)],
    ];
    if (originUsageBytes !== null) facts.push(['This site in total', formatBytes(originUsageBytes)]);
    if (originQuotaBytes !== null) facts.push(['Browser allows', formatBytes(originQuotaBytes)]);
    this.#options.facts.replaceChildren(
      ...facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
    );
    this.#options.smallPrint.replaceChildren(
      `Engine ${engine} · core ${core} · model kindex-static, 256 dimensions · ${storage}`,
      ...warnings.map((warning) => element('span', { class: 'warning' }, warning)),
    );
  }
}
