/** Joins the two views of the page: which one is shown, and the collections view, whose code is loaded when it is first asked for. */
import { Alerts } from './alerts.js';
import { byId } from './dom.js';
import { LIBRARY_COLLECTION } from './engine.js';
import type { Explorer } from './explorer/explorer.js';
import type { Library } from './library.js';
import { connectCollections } from './tabs.js';
import { connectViews, viewOf, type ViewName } from './views.js';

export interface CollectionsViewOptions {
  onView: (view: ViewName) => void;
  /** The library's collection was written to by hand, here or in another tab. */
  onLibraryChange: () => void;
  focusSearch: () => void;
}

export interface CollectionsView {
  readonly alerts: Alerts;
  /** From now on collections can be shown; the first is what the address asks for. */
  open(library: Library): void;
}

export function connectCollectionsView(options: CollectionsViewOptions): CollectionsView {
  const region = byId('collections-view', HTMLElement);
  const alertRegion = byId('explorer-alerts', HTMLElement);
  const alerts = new Alerts(alertRegion);
  const skip = byId('skip', HTMLAnchorElement);
  let library: Library | null = null;
  let explorer: Explorer | null = null;

  const heard = (collection: string): void => {
    if (collection === LIBRARY_COLLECTION) options.onLibraryChange();
    explorer?.storeChanged();
  };
  const tell = connectCollections(heard);

  const show = async (): Promise<void> => {
    if (!library || viewOf(location.hash) !== 'collections') return;
    const { Explorer: Loaded } = await import('./explorer/explorer.js');
    explorer ??= new Loaded({
      client: library.engine.client,
      region,
      alertRegion,
      alerts,
      libraryName: LIBRARY_COLLECTION,
      onWrite(collection) {
        tell(collection);
        if (collection === LIBRARY_COLLECTION) options.onLibraryChange();
      },
    });
    // The address may have changed while the code was loading.
    if (viewOf(location.hash) === 'collections') explorer.show();
  };

  connectViews({
    regions: { search: byId('search-view', HTMLElement), collections: region },
    links: {
      search: byId('view-search', HTMLAnchorElement),
      collections: byId('view-collections', HTMLAnchorElement),
    },
    titles: {
      search: document.title,
      collections: 'kindex: collections',
    },
    onShow(view) {
      skip.textContent = view === 'search' ? 'Skip to search' : 'Skip to the records';
      options.onView(view);
      show().catch((error: unknown) => alerts.show('The collections could not be shown.', error));
    },
  });
  skip.addEventListener('click', (event) => {
    // Not by address: its part behind # says which view is shown.
    event.preventDefault();
    if (viewOf(location.hash) === 'search') options.focusSearch();
    else explorer?.focus();
  });

  return {
    alerts,
    open(opened) {
      library = opened;
      library.onChange(() => explorer?.storeChanged());
      show().catch((error: unknown) => alerts.show('The collections could not be shown.', error));
    },
  };
}
