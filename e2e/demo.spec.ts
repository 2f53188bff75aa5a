/** The demo as its visitors meet it: first run, return, no server, own files, keyboard, both themes, any width. */
import { expect, test as base, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findContrastFaults, findStructureFaults, overflowPixels } from './page-checks.js';
import { watchPage, type Faults } from './quiet-page.js';
import { startServerProcess, type ServerProcess } from './server-process.js';

interface ExpectedAnswer {
  query: string;
  /** Notes of which one is expected among the first five. */
  ids: string[];
}

const QUERIES = JSON.parse(readFileSync('demo/samples/queries.json', 'utf8')) as ExpectedAnswer[];
const NOTES = JSON.parse(readFileSync('demo/samples/notes.json', 'utf8')) as {
  id: string;
  title: string;
  text: string;
}[];

const test = base.extend<
  { faults: Faults[]; open: (context?: BrowserContext) => Promise<Page> },
  { server: ServerProcess }
>({
  server: [
    async ({}, use) => {
      if (!existsSync('demo/dist/index.html')) throw new Error('The demo is not built: npm run build.');
      const server = await startServerProcess('demo/dist');
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],
  /** No test passes on a page that complained, whatever else it showed. */
  faults: async ({}, use) => {
    const faults: Faults[] = [];
    await use(faults);
    expect(faults.flatMap((page) => page.list)).toEqual([]);
  },
  open: async ({ context, server, faults }, use) => {
    await use(async (own = context) => {
      const page = await own.newPage();
      faults.push(watchPage(page, new URL(server.url).origin));
      await page.goto(server.url);
      return page;
    });
  },
});

const field = (page: Page): Locator => page.getByRole('searchbox', { name: 'Search' });
const hits = (page: Page): Locator => page.getByRole('list', { name: 'Results' }).getByRole('listitem');
const hitTitled = (page: Page, title: string): Locator =>
  hits(page).filter({ has: page.getByRole('heading', { name: title, exact: true }) });
const progress = (page: Page): Locator => page.getByRole('region', { name: 'Progress of adding documents' });

/** Resolves once the library says how much it holds and nothing is being added. */
async function settled(page: Page): Promise<{ documents: number; passages: number }> {
  await expect(page.locator('#library-summary')).toHaveText(/^[\d,]+ documents? · [\d,]+ passages?$/);
  await expect(progress(page)).toBeHidden();
  return counts(page);
}

/** Resolves once the library holds that much; both counts where both are given. */
async function expectCounts(page: Page, expected: { documents: number; passages?: number }): Promise<void> {
  await expect(progress(page)).toBeHidden();
  await expect.poll(() => counts(page)).toMatchObject(expected);
}

async function counts(page: Page): Promise<{ documents: number; passages: number }> {
  const summary = await page.locator('#library-summary').innerText();
  const [documents = Number.NaN, passages = Number.NaN] =
    summary.replaceAll(',', '').match(/\d+/g)?.map(Number) ?? [];
  return { documents, passages };
}

/** The samples are complete when the store has noted it: the documents of the project come on top of the notes. */
async function openWithSamples(open: (context?: BrowserContext) => Promise<Page>): Promise<Page> {
  const page = await open();
  await openedWithSamples(page);
  return page;
}

async function openedWithSamples(page: Page): Promise<void> {
  await expect.poll(async () => (await counts(page)).documents).toBeGreaterThan(NOTES.length);
  await settled(page);
}

async function ask(page: Page, query: string): Promise<void> {
  await field(page).fill(query);
  await expect(page).toHaveURL((url) => new URLSearchParams(url.hash.slice(1)).get('q') === query);
  await expect(page.locator('#results')).toHaveAttribute('data-query', query);
}

async function waitUntilOffline(page: Page): Promise<void> {
  await expect(page.getByText('Works offline')).toBeVisible();
}

function textFile(name: string, content: string): { name: string; mimeType: string; buffer: Buffer } {
  return { name, mimeType: '', buffer: Buffer.from(content) };
}

test('the first run loads the samples, and questions in other words find the expected notes', async ({
  open,
}) => {
  const page = await open();
  await expect(field(page)).toBeFocused();
  await openedWithSamples(page);
  await expect(page.locator('#storage')).toContainText('Records');
  await expect(page.locator('#small-print')).toContainText(
    /Engine hnsw · core wasm-relaxed · model kindex-static/,
  );

  const missed: string[] = [];
  for (const { query, ids } of QUERIES) {
    await ask(page, query);
    const first = await hits(page).evaluateAll((items) =>
      items.slice(0, 5).map((item) => item.dataset['path']),
    );
    if (!ids.some((id) => first.includes(`notes/${id}`))) missed.push(query);
  }
  expect(missed).toEqual([]);
});

test('what is typed before the library is open is answered as soon as it is', async ({
  context,
  server,
  faults,
}) => {
  const page = await context.newPage();
  faults.push(watchPage(page, new URL(server.url).origin));
  await page.goto(server.url, { waitUntil: 'commit' });
  await field(page).pressSequentially('knife is blunt');
  await expect(hitTitled(page, 'Whetstone evening')).toBeVisible();
  await expect(field(page)).toHaveValue('knife is blunt');
});

test('a hit shows its title, place, distance, and the nearest sentence with the words of the query', async ({
  open,
}) => {
  const page = await openWithSamples(open);
  await ask(page, 'knife is blunt');
  const hit = hitTitled(page, 'Whetstone evening');
  await expect(hit).toContainText('Kitchen');
  await expect(hit.locator('.distance')).toHaveText(/^distance 0\.\d{3}$/);
  await expect(hit.locator('mark.sentence')).toHaveText(/knife/);
  await expect(hit.locator('mark.word').first()).toHaveText('knife');
  await expect(page.getByRole('status').filter({ hasText: 'results in' })).toHaveText(
    /^\d+ results in \d+ ms$/,
  );
});

test('further passages of a document stand behind its best one and can be read', async ({ open }) => {
  const page = await openWithSamples(open);
  await ask(page, 'two clients of one page share one store');
  const more = hits(page)
    .getByRole('button', { name: /more passages? of/ })
    .first();
  await expect(more).toHaveAttribute('aria-expanded', 'false');
  await more.click();
  const less = hits(page).getByRole('button', { name: /Show less of/ });
  await expect(less).toHaveAttribute('aria-expanded', 'true');
  await expect(less).toBeFocused();
  await expect(hits(page).getByRole('group', { name: /More passages of/ })).toContainText('distance');
});

test('a reload keeps everything and adds nothing', async ({ open }) => {
  const page = await openWithSamples(open);
  const before = await counts(page);
  await ask(page, 'dessert with apples');
  const seen = await hits(page).locator('.hit-title').allInnerTexts();
  // Any job would show here, however short.
  await page.addInitScript(() => {
    addEventListener('DOMContentLoaded', () => {
      const region = document.getElementById('progress');
      if (!region) throw new Error('no progress region');
      new MutationObserver(() => document.documentElement.setAttribute('data-ingested', '')).observe(region, {
        attributeFilter: ['hidden'],
      });
    });
  });
  await page.reload();
  await expect(field(page)).toHaveValue('dessert with apples');
  await expect(hits(page).locator('.hit-title')).toHaveText(seen);
  await expectCounts(page, before);
  await expect(page.locator('#storage')).toContainText(before.passages.toLocaleString('en'));
  await expect(page.locator('html')).not.toHaveAttribute('data-ingested');
});

test('with the server process gone, a new tab still opens, searches, adds and keeps; no request leaves the browser', async ({
  browser,
  faults,
}) => {
  const server = await startServerProcess('demo/dist');
  const context = await browser.newContext();
  try {
    const first = await context.newPage();
    faults.push(watchPage(first, new URL(server.url).origin));
    await first.goto(server.url);
    await openedWithSamples(first);
    await waitUntilOffline(first);
    const before = await counts(first);
    await first.close();
    await server.stop();
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');

    const asked: string[] = [];
    const failed: string[] = [];
    context.on('request', (request) => asked.push(request.url()));
    context.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? 'unknown reason';
      // The reload below cancels what the page was still loading, its icon for example: that is no failure.
      if (reason !== 'net::ERR_ABORTED') failed.push(`${request.url()}: ${reason}`);
    });
    context.on('response', (response) => {
      if (!response.fromServiceWorker())
        failed.push(`${response.url()} did not come from the service worker`);
    });
    const second = await context.newPage();
    faults.push(watchPage(second, new URL(server.url).origin));
    await second.goto(server.url);
    await expectCounts(second, before);
    await ask(second, 'knife is blunt');
    await expect(hitTitled(second, 'Whetstone evening')).toBeVisible();
    await second
      .locator('#files')
      .setInputFiles([textFile('lighthouse.txt', 'The keeper trimmed the lighthouse lamp at dusk.')]);
    await ask(second, 'who looked after the lamp by the sea');
    await expect(hitTitled(second, 'lighthouse')).toBeVisible();
    await second.reload();
    await expect(hitTitled(second, 'lighthouse')).toBeVisible();

    expect(asked.length).toBeGreaterThan(5);
    expect(failed).toEqual([]);
    // Parts that nobody has asked for yet must be there as well: they are loaded when they are.
    const kept = await second.evaluate(async () => {
      const names = await caches.keys();
      const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
      return requests.flat().map(({ url }) => new URL(url).pathname.split('/').at(-1));
    });
    expect(kept).toEqual(expect.arrayContaining(readdirSync('demo/dist/assets')));
  } finally {
    await context.close();
    await server.stop();
  }
});

test('files of every kind are found; those that cannot be read are listed with the reason', async ({
  open,
}) => {
  const page = await openWithSamples(open);
  const before = await counts(page);
  await page
    .locator('#files')
    .setInputFiles([
      textFile(
        'harbour.md',
        '# Harbour log\n\n## Tides\n\nHigh water came an hour late and the **ferry** waited.\n',
      ),
      textFile(
        'orchid.html',
        '<!doctype html><html><head><title>Orchid care</title><style>p { color: red }</style></head><body onload="alert(1)">' +
          '<h1>Orchids</h1><p style="color: blue">Water the orchid from below.</p><script>document.title = "changed"</script></body></html>',
      ),
      textFile('instruments.csv', 'name,keeper\nBassoon,"Ines, second desk"\nCelesta,Oskar\n'),
      textFile('planets.json', '[{"title":"Neptune","note":"Farthest giant, stormy and blue"}]'),
      textFile('plain.txt', 'The blacksmith quenched the horseshoe in oil.'),
      { name: 'picture.png', mimeType: 'image/png', buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0]) },
      { name: 'data.bin', mimeType: '', buffer: Buffer.from([1, 2, 0, 3]) },
      textFile('broken.json', '{ "title": '),
      textFile('empty.txt', ''),
      textFile('foreign.txt', '日本語のみ'),
    ]);
  const report = page.locator('#report');
  await expect(report).toContainText('Added 6 documents, 7 passages.');
  await expect(report).toContainText('4 files with a problem');
  for (const [name, reason] of [
    ['picture.png', /Images are not supported/],
    ['data.bin', /Binary file/],
    ['broken.json', /Not valid JSON/],
    ['empty.txt', /It is empty/],
  ] as const) {
    await expect(report.locator('.problem').filter({ hasText: name })).toContainText(reason);
  }
  await expectCounts(page, { documents: before.documents + 6, passages: before.passages + 7 });

  for (const [query, title, shown] of [
    ['the boat was delayed by the tide', 'Harbour log', /harbour\.md\s*Tides/],
    ['how to give an orchid water', 'Orchid care', /orchid\.html\s*Orchids/],
    ['who plays the bassoon', 'instruments', /instruments\.csv\s*Bassoon/],
    ['windy outer planet', 'planets', /planets\.json\s*Neptune/],
    ['cooling hot iron in oil', 'plain', /plain\.txt/],
  ] as const) {
    await ask(page, query);
    const hit = hitTitled(page, title);
    await expect(hit).toBeVisible();
    await expect(hit.locator('.hit-source')).toHaveText(shown);
  }
  // Inert while read: neither script nor style of the file did anything here.
  await expect(page).toHaveTitle(/^kindex/);
});

test('a folder keeps its paths, and reading a file again replaces what was there', async ({ open }) => {
  const folder = await mkdtemp(join(tmpdir(), 'kindex-demo-'));
  try {
    await mkdir(join(folder, 'trip', 'south'), { recursive: true });
    const long = Array.from(
      { length: 60 },
      (_, i) => `On day ${i} the caravan crossed another dune and rested at noon.`,
    );
    await writeFile(join(folder, 'trip', 'desert.txt'), long.join('\n\n'));
    await writeFile(join(folder, 'trip', 'south', 'coast.md'), '# Coast\n\nPelicans dived beside the pier.');
    const page = await openWithSamples(open);
    const before = await counts(page);
    await page.locator('#folder').setInputFiles(join(folder, 'trip'));
    await expect(page.locator('#report')).toContainText('Added 2 documents');
    const added = await settled(page);
    expect(added.documents).toBe(before.documents + 2);
    expect(added.passages).toBeGreaterThan(before.passages + 3);
    await ask(page, 'seabirds plunging near the jetty');
    await expect(hitTitled(page, 'Coast').locator('.hit-source')).toHaveText(/trip\/south\/coast\.md/);

    await writeFile(join(folder, 'trip', 'desert.txt'), 'The caravan has come home.');
    await page.locator('#folder').setInputFiles(join(folder, 'trip'));
    await expect(page.locator('#report')).toContainText('Added 2 documents, 2 passages.');
    await expectCounts(page, { documents: before.documents + 2, passages: before.passages + 2 });
    await ask(page, 'caravan crossing dunes');
    await expect(hitTitled(page, 'desert').locator('.passage')).toHaveText('The caravan has come home.');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('files dropped on the page are added', async ({ open }) => {
  const page = await openWithSamples(open);
  const transfer = await page.evaluateHandle(() => {
    const made = new DataTransfer();
    made.items.add(new File(['The glassblower cooled the vase slowly.'], 'glass.txt'));
    return made;
  });
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: transfer });
  await expect(page.getByText('Drop to add to the library')).toBeVisible();
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
  await expect(page.getByText('Drop to add to the library')).toBeHidden();
  await expect(page.locator('#report')).toContainText('Added 1 document, 1 passage.');
  await ask(page, 'making vases from molten sand');
  await expect(hitTitled(page, 'glass')).toBeVisible();
});

test('the page stays usable while a large file comes in, and Stop keeps what is stored', async ({ open }) => {
  const page = await openWithSamples(open);
  const before = await counts(page);
  const sentences = Array.from(
    { length: 60_000 },
    (_, i) => `Entry ${i} of the ledger lists barrels, rope and salted fish for harbour ${i % 97}.`,
  );
  await page.locator('#files').setInputFiles([textFile('ledger.txt', sentences.join('\n'))]);
  await expect(progress(page)).toBeVisible();
  await expect(progress(page)).toContainText(/Reading.*Splitting.*Embedding.*Storing/s);
  await ask(page, 'knife is blunt');
  await expect(hitTitled(page, 'Whetstone evening')).toBeVisible();
  await progress(page).getByRole('button', { name: 'Stop' }).click();
  await expect(page.locator('#report')).toContainText('then stopped');
  const after = await settled(page);
  expect(after.passages).toBeGreaterThan(before.passages);
  expect(after.passages).toBeLessThan(before.passages + 5_000);
  await ask(page, 'salted fish in barrels');
  await expect(hitTitled(page, 'ledger')).toBeVisible();
});

test('a hit is deleted by its button and brought back by Undo', async ({ open }) => {
  const page = await openWithSamples(open);
  const before = await counts(page);
  await ask(page, 'knife is blunt');
  await page.getByRole('button', { name: 'Delete Whetstone evening', exact: true }).click();
  await expect(hitTitled(page, 'Whetstone evening')).toHaveCount(0);
  await expectCounts(page, { documents: before.documents - 1 });
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(hitTitled(page, 'Whetstone evening')).toBeVisible();
  await expectCounts(page, before);
});

test('a deleted hit stays deleted after a reload', async ({ open }) => {
  const page = await openWithSamples(open);
  const before = await counts(page);
  await ask(page, 'knife is blunt');
  await page.getByRole('button', { name: 'Delete Whetstone evening', exact: true }).click();
  await expect(page.getByText('Deleted “Whetstone evening”.')).toBeVisible();
  await page.reload();
  await expect(hits(page).first()).toBeVisible();
  await expect(hitTitled(page, 'Whetstone evening')).toHaveCount(0);
  await expectCounts(page, { documents: before.documents - 1 });
});

test('the keyboard alone is enough', async ({ open }) => {
  const page = await openWithSamples(open);
  await page.getByRole('button', { name: 'Dark theme' }).focus();
  await page.keyboard.press('/');
  await expect(field(page)).toBeFocused();
  await expect(field(page)).toHaveValue('');
  await page.keyboard.type('knife is blunt');
  // Until then the list shows what half of the question has found.
  await expect(page.locator('#results')).toHaveAttribute('data-query', 'knife is blunt');
  await expect(hitTitled(page, 'Whetstone evening')).toBeVisible();
  const titles = await hits(page).locator('.hit-title').allInnerTexts();

  await page.keyboard.press('ArrowDown');
  await expect(hits(page).nth(0)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(hits(page).nth(2)).toBeFocused();
  await page.keyboard.press('End');
  await expect(hits(page).last()).toBeFocused();
  await page.keyboard.press('Home');
  await expect(hits(page).nth(0)).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: `Delete ${titles[0]}`, exact: true })).toBeFocused();

  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Delete');
  await expect(hitTitled(page, titles[1] ?? '')).toHaveCount(0);
  await expect(hits(page).nth(1)).toBeFocused();
  await page.keyboard.press('Control+z');
  await expect(hitTitled(page, titles[1] ?? '')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(field(page)).toBeFocused();
});

test('one source is deleted from the list, everything by Delete all after a question, and the samples come back on request', async ({
  open,
}) => {
  const page = await openWithSamples(open);
  const before = await counts(page);
  await page.locator('#sources summary').filter({ hasText: 'Kitchen' }).click();
  await page.getByRole('button', { name: 'Delete source Whetstone evening' }).click();
  await expectCounts(page, { documents: before.documents - 1 });

  await page.getByRole('button', { name: 'Delete all' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete everything?' });
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expectCounts(page, { documents: before.documents - 1 });

  await page.getByRole('button', { name: 'Delete all' }).click();
  await dialog.getByRole('button', { name: 'Delete everything' }).click();
  await expect(page.locator('#library-summary')).toHaveText('Empty');
  await page.reload();
  await expect(page.locator('#library-summary')).toHaveText('Empty');
  await page.getByRole('button', { name: 'Reload samples' }).click();
  await openedWithSamples(page);
  await expectCounts(page, before);
});

test('two tabs show one library: what one adds or deletes, the other finds or loses', async ({ open }) => {
  const first = await openWithSamples(open);
  const before = await counts(first);
  const second = await open();
  await expectCounts(second, before);
  await second
    .locator('#files')
    .setInputFiles([textFile('kite.txt', 'The paper kite climbed above the dike.')]);
  await expectCounts(second, { documents: before.documents + 1 });
  await expectCounts(first, { documents: before.documents + 1 });
  await ask(first, 'flying a kite');
  await expect(hitTitled(first, 'kite')).toBeVisible();

  await second.getByRole('button', { name: 'Delete all' }).click();
  await second.getByRole('button', { name: 'Delete everything' }).click();
  await expect(first.locator('#library-summary')).toHaveText('Empty');
  await expect(hits(first)).toHaveCount(0);
  await first.getByRole('button', { name: 'Reload samples' }).click();
  await openedWithSamples(first);
  await expectCounts(second, before);
});

test('a store that cannot be opened is told with what to do, and tried again on request', async ({
  context,
  server,
}) => {
  // Not watched: the page is broken on purpose, and the console says so.
  const page = await context.newPage();
  await page.route('**/store.worker-*.js', (route) => route.abort());
  await page.goto(server.url);
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('The library could not be opened.');
  await expect(alert).toContainText('WORKER_DIED');
  await expect(alert).toContainText('Check that the worker file is served');
  await page.unrouteAll();
  await alert.getByRole('button', { name: 'Try again' }).click();
  await openedWithSamples(page);
  await expect(alert).toHaveText('');
});

test('words the model does not know are said to be unknown instead of answered at random', async ({
  open,
}) => {
  const page = await openWithSamples(open);
  await field(page).fill('ᚠᚢᚦ');
  await expect(page.locator('#status')).toHaveText(
    'No word of this is known to the model, which reads English.',
  );
  await expect(hits(page)).toHaveCount(0);
});

test('the theme follows the system until it is chosen, and the choice is kept', async ({ open }) => {
  const page = await open();
  const ground = (): Promise<string> =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await ground();
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await ground();
  expect(dark).not.toBe(light);
  const button = page.getByRole('button', { name: 'Dark theme' });
  await expect(button).toHaveAttribute('aria-pressed', 'true');
  await button.click();
  expect(await ground()).toBe(light);
  await page.reload();
  expect(await ground()).toBe(light);
  await expect(button).toHaveAttribute('aria-pressed', 'false');
});

test('names, structure and contrast hold in both themes, before and after a question', async ({ open }) => {
  const page = await openWithSamples(open);
  await page.locator('#sources summary').first().click();
  for (const query of ['', 'two clients of one page share one store']) {
    await field(page).fill(query);
    if (query !== '') {
      await hits(page)
        .getByRole('button', { name: /more passages? of/ })
        .first()
        .click();
      await page
        .getByRole('button', { name: /^Delete (?!all|source)/ })
        .last()
        .click();
      await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
    }
    expect(await findStructureFaults(page)).toEqual([]);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await findContrastFaults(page)).toEqual([]);
    }
  }
});

test('no width from 360 to 1600 pixels scrolls sideways', async ({ open }) => {
  const page = await openWithSamples(open);
  for (const query of ['', 'two clients of one page share one store']) {
    await field(page).fill(query);
    if (query !== '')
      await hits(page)
        .getByRole('button', { name: /more passages? of/ })
        .first()
        .click();
    for (const width of [360, 390, 600, 800, 1000, 1440, 1600]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await overflowPixels(page), `at ${width} pixels`).toBe(0);
    }
  }
});
