/** Puts the page together: opens the library, connects the views to it and to each other. */
import { ChromaError } from 'kindex';
import { Alerts } from './alerts.js';
import { askFirst } from './confirm.js';
import { connectCollectionsView } from './collections-view.js';
import { byId, element } from './dom.js';
import { connectDropZone } from './drop-zone.js';
import { haveSamplesLoaded, openEngine } from './engine.js';
import { formatCount, countOf } from './format.js';
import { showImportReport } from './import-report.js';
import { Ingest } from './ingest.js';
import { Library } from './library.js';
import { showOfflineState } from './offline.js';
import { ProgressView } from './progress.js';
import { ResultsView } from './results.js';
import { Search } from './search.js';
import { SearchView } from './search-view.js';
import { showSources } from './sources-panel.js';
import { showStorage } from './storage-panel.js';
import { connectTabs, oneTabAtATime } from './tabs.js';
import { connectThemeButton } from './theme.js';
import { Undo } from './undo.js';
import { viewOf } from './views.js';

/** While documents come in, what is on the screen is searched again at most this often. */
const REFRESH_MS = 250;

/** Questions that the sample notes answer in other words. */
const SUGGESTIONS = [
  'water drips in the bathroom',
  'dessert with apples',
  'cannot fall asleep',
  'knife is blunt',
  'birds returning from Africa',
  'a power cut while saving',
];

export async function startApp(): Promise<void> {
  // First of all, so that the workers start while the page is put together. What it rejects with is told below.
  const opening = openEngine();
  opening.catch(() => {});
  const alerts = new Alerts(byId('alerts', HTMLElement));
  connectThemeButton(byId('theme', HTMLButtonElement));
  showOfflineState(byId('offline', HTMLElement));
  const collections = connectCollectionsView({
    onView: (view) => {
      byId('keys', HTMLElement).hidden = view !== 'search';
      byId('collections-keys', HTMLElement).hidden = view !== 'collections';
    },
    onLibraryChange: () => void actions?.reload(),
    focusSearch: () => searchView.focus(),
  });
  const results = new ResultsView({
    list: byId('results', HTMLOListElement),
    onDelete: (path) => void actions?.deleteSource(path),
    onLeave: () => searchView.focus(),
  });
  const searchView = new SearchView({
    input: byId('search', HTMLInputElement),
    form: byId('search-form', HTMLFormElement),
    status: byId('status', HTMLElement),
    results,
    onQuery: (query) => {
      byId('welcome', HTMLElement).hidden = query !== '';
      byId('answers', HTMLElement).hidden = query === '';
    },
    onError: (error) => {
      // Another tab has emptied the library a moment ago: this one has not heard of it yet.
      if (error instanceof ChromaError && error.code === 'NOT_FOUND_COLLECTION') void actions?.reload();
      else alerts.show('The search failed.', error);
    },
  });
  showSuggestions(byId('suggestions', HTMLElement), (query) => {
    searchView.ask(query);
    searchView.focus();
  });

  let actions: Actions | null = null;
  try {
    const library = new Library(await opening);
    const answered = searchView.connect(new Search(library));
    actions = connectLibrary({ library, alerts, searchView });
    collections.open(library);
    // Listing what is there must not hold up what was asked.
    await answered;
    await actions.start();
  } catch (error) {
    for (const region of [alerts, collections.alerts]) {
      region.show('The library could not be opened.', error, {
        label: 'Try again',
        run: () => location.reload(),
      });
    }
  }
}

interface Actions {
  start(): Promise<void>;
  /** Reads the library again as it is stored; tells where that fails. */
  reload(): Promise<void>;
  deleteSource(path: string): Promise<void>;
}

interface Parts {
  library: Library;
  alerts: Alerts;
  searchView: SearchView;
}

function connectLibrary({ library, alerts, searchView }: Parts): Actions {
  const progressView = new ProgressView(byId('progress', HTMLElement), () => ingest.stop());
  const ingest = new Ingest({ library, onProgress: (progress) => progressView.show(progress) });
  const report = byId('report', HTMLElement);
  const failed = (doing: string) => (error: unknown) => alerts.show(doing, error);

  const undo = new Undo(byId('undo', HTMLElement), (deleted) => {
    library.restore(deleted).catch(failed(`“${deleted.entry.title}” could not be brought back.`));
  });
  const deleteSource = async (path: string): Promise<void> => {
    try {
      const deleted = await library.delete(path);
      if (deleted) undo.offer(deleted);
    } catch (error) {
      failed('It could not be deleted.')(error);
    }
  };
  const addSamples = async (): Promise<void> => {
    try {
      const done = await ingest.addSamples('Adding the samples', async () =>
        (await import('./sample-documents.js')).sampleDocuments(),
      );
      if (done.problems.length > 0) showImportReport(report, done);
    } catch (error) {
      failed('The samples could not be added.')(error);
    }
  };

  showSources({
    library,
    summary: byId('library-summary', HTMLElement),
    list: byId('sources', HTMLElement),
    onDelete: (path) => void deleteSource(path),
  });
  showStorage({
    library,
    facts: byId('storage', HTMLElement),
    smallPrint: byId('small-print', HTMLElement),
    onError: failed('The storage in use is not known.'),
  });
  connectDropZone({
    overlay: byId('drop-overlay', HTMLElement),
    fileInput: byId('files', HTMLInputElement),
    folderInput: byId('folder', HTMLInputElement),
    onFiles: (found) => {
      // Progress and report stand in the search view.
      if (viewOf(location.hash) !== 'search') location.hash = '';
      ingest
        .addFiles(`Adding ${countOf(found.files.length, 'file')}`, found)
        .then((done) => showImportReport(report, done), failed('The files could not be added.'));
    },
    onError: failed('The dropped files could not be opened.'),
  });
  byId('reload-samples', HTMLButtonElement).addEventListener('click', () => void addSamples());
  byId('delete-all', HTMLButtonElement).addEventListener('click', () => {
    void deleteAll({
      library,
      onError: failed('The library could not be emptied.'),
      onDeleted: () => undo.forget(),
    });
  });
  const reload = (): Promise<void> =>
    ingest
      .afterwards(() => library.reload())
      .catch(failed('What another tab has changed could not be read.'));
  connectTabs(library, () => void reload());
  showCount(library, byId('library-link', HTMLElement));

  return {
    deleteSource,
    reload,
    async start() {
      await library.loadSources();
      // From here on, not before: listing what is there is no reason to search again.
      refreshOnChange(library, searchView);
      if (haveSamplesLoaded(library.engine)) return;
      await oneTabAtATime('samples', async () => {
        // Another tab may have added them while this one waited.
        await library.reload();
        if (!haveSamplesLoaded(library.engine)) await addSamples();
      });
    },
  };
}

interface DeleteAllOptions {
  library: Library;
  onDeleted: () => void;
  onError: (error: unknown) => void;
}

async function deleteAll({ library, onDeleted, onError }: DeleteAllOptions): Promise<void> {
  const sure = await askFirst({
    title: 'Delete everything?',
    text: `${countOf(library.sources.size, 'document')} will be deleted from this browser. This cannot be undone; the samples can be loaded again.`,
    confirm: 'Delete everything',
  });
  if (!sure) return;
  try {
    await library.deleteAll();
    onDeleted();
  } catch (error) {
    onError(error);
  }
}

/** What is on the screen follows the library, in steps while much comes in. */
function refreshOnChange(library: Library, searchView: SearchView): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;
  library.onChange(() => {
    clearTimeout(timer);
    const wait = Math.max(0, last + REFRESH_MS - performance.now());
    timer = setTimeout(() => {
      last = performance.now();
      searchView.refresh();
    }, wait);
  });
}

function showCount(library: Library, link: HTMLElement): void {
  library.onChange(() => {
    link.replaceChildren(
      'Library',
      element('span', { class: 'library-count' }, ` · ${formatCount(library.sources.size)}`),
    );
  });
}

function showSuggestions(region: HTMLElement, ask: (query: string) => void): void {
  region.replaceChildren(
    ...SUGGESTIONS.map((query) =>
      element(
        'button',
        { class: 'suggestion', attributes: { type: 'button' }, on: { click: () => ask(query) } },
        query,
      ),
    ),
  );
}
