/** The collections view as its visitors meet it: create, filter by clicking, edit, delete, both themes, any width. */
import { expect, test as base, type Locator, type Page } from '@playwright/test';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { findContrastFaults, findStructureFaults, overflowPixels } from './page-checks.js';
import { watchPage, type Faults } from './quiet-page.js';
import { startServerProcess, type ServerProcess } from './server-process.js';

const test = base.extend<{ open: (hash?: string) => Promise<Page> }, { server: ServerProcess }>({
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
  open: async ({ context, server }, use) => {
    const faults: Faults[] = [];
    await use(async (hash = '') => {
      const page = await context.newPage();
      faults.push(watchPage(page, new URL(server.url).origin));
      await page.goto(server.url + hash);
      return page;
    });
    expect(faults.flatMap(({ list }) => list)).toEqual([]);
  },
});

interface Seed {
  id: string;
  document: string;
  /** Key, type as the form names it, value as it is typed. */
  fields: [string, string, string][];
}

const SEEDS: Seed[] = [
  {
    id: 'heron',
    document: 'The heron stood in the shallows at dawn.',
    fields: [
      ['kind', 'text', 'bird'],
      ['seen', 'number', '3'],
      ['rare', 'boolean', 'false'],
      ['places', 'texts', 'lake\nriver'],
    ],
  },
  {
    id: 'bittern',
    document: 'A bittern boomed from the reeds, 2 times.',
    fields: [
      ['kind', 'text', 'bird'],
      ['seen', 'number', '1'],
      ['rare', 'boolean', 'true'],
      ['places', 'texts', 'lake'],
    ],
  },
  {
    id: 'otter',
    document: 'An otter slid down the muddy bank.',
    fields: [
      ['kind', 'text', 'mammal'],
      ['seen', 'number', '2'],
      ['places', 'texts', 'river'],
    ],
  },
  { id: 'mist', document: 'Mist over the water.', fields: [] },
];

const rows = (page: Page): Locator => page.getByRole('table', { name: 'Records' }).locator('tbody tr');
const ids = (page: Page): Locator => rows(page).locator('.record-open');
const facet = (page: Page, name: string): Locator => page.getByRole('group', { name, exact: true });
const json = (page: Page, name: 'where' | 'whereDocument'): Locator => page.locator(`[data-json="${name}"]`);
const textField = (page: Page): Locator => page.getByRole('searchbox', { name: 'Text in the document' });

async function expectJson(page: Page, name: 'where' | 'whereDocument', value: unknown): Promise<void> {
  await expect
    .poll(async () => JSON.parse((await json(page, name).textContent()) ?? '') as unknown)
    .toEqual(value);
}

async function createCollection(page: Page, name: string, embedding?: string): Promise<void> {
  await page.getByRole('button', { name: 'New collection' }).click();
  const dialog = page.getByRole('dialog', { name: 'New collection' });
  await dialog.getByLabel('Name').fill(name);
  if (embedding !== undefined) await dialog.getByLabel('Embedding function').selectOption(embedding);
  await dialog.getByRole('button', { name: 'Create' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
}

async function addRecord(page: Page, { id, document, fields }: Seed): Promise<void> {
  await page.getByRole('button', { name: 'Add a record' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a record' });
  await dialog.getByLabel('Id', { exact: true }).fill(id);
  await dialog.getByLabel('Document').fill(document);
  for (const [key, type, value] of fields) await addField(dialog, key, type, value);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(ids(page).filter({ hasText: id })).toBeFocused();
}

async function addField(dialog: Locator, key: string, type: string, value: string): Promise<void> {
  await dialog.getByRole('button', { name: 'Add a key' }).click();
  const row = dialog.locator('.meta-row').last();
  await row.getByLabel('Key', { exact: true }).fill(key);
  await row.getByLabel(/^Type of/).selectOption(type);
  const field = row.getByLabel(/^Value of/);
  await (type === 'boolean' ? field.selectOption(value) : field.fill(value));
}

/** A page on a collection with the four records, all made by hand. */
async function openSeeded(open: (hash?: string) => Promise<Page>): Promise<Page> {
  const page = await open('#view=collections');
  await createCollection(page, 'pond.notes');
  for (const seed of SEEDS) await addRecord(page, seed);
  await expect(rows(page)).toHaveCount(SEEDS.length);
  return page;
}

test('the library of the search view is a collection like any other, with figures and configuration', async ({
  open,
}) => {
  const page = await open();
  await expect(page.locator('#library-summary')).toHaveText(/^\d+ documents · \d+ passages$/);
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Collections' }).click();
  await expect(page).toHaveTitle('kindex: collections');
  await expect(page.getByRole('heading', { level: 1, name: 'library' })).toBeVisible();
  await expect(page.locator('.explorer-summary')).toHaveText(
    /^\d+ records · 256 dimensions · cosine · kindex-static$/,
  );
  await expect(rows(page)).toHaveCount(25);

  await page.getByText('Configuration', { exact: true }).click();
  const facts = page.locator('.configuration');
  await expect(facts).toContainText('cosine, 1 − cosine of the angle');
  await expect(facts).toContainText('16 (max_neighbors)');
  await expect(facts).toContainText('100 (ef_construction)');

  const first = await ids(page).first().textContent();
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.locator('.table-bar .status')).toHaveText(/^26–50 of \d+ records$/);
  await expect(ids(page).first()).not.toHaveText(first ?? '');
  await page.getByRole('button', { name: 'Previous' }).click();
  await expect(ids(page).first()).toHaveText(first ?? '');

  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Search' }).click();
  await expect(page.getByRole('searchbox', { name: 'Search' })).toBeVisible();
  await expect(page).toHaveTitle(/^kindex: search/);
});

test('a click on a facet narrows the table, its counts follow the filter, and the where clause says the same', async ({
  open,
}) => {
  const page = await openSeeded(open);
  await expect(facet(page, 'kind, text').locator('label')).toHaveText(['bird2', 'mammal1']);
  await expect(facet(page, 'seen, number').locator('label')).toHaveText(['11', '21', '31']);
  await expect(facet(page, 'places, list').locator('label')).toHaveText(['lake2', 'river2']);

  await facet(page, 'kind, text').getByLabel('bird').check();
  await expect(ids(page)).toHaveText(['heron', 'bittern']);
  await expectJson(page, 'where', { kind: 'bird' });
  // The key itself still shows what else it could be; the others count under the filter.
  await expect(facet(page, 'kind, text').locator('label')).toHaveText(['bird2', 'mammal1']);
  await expect(facet(page, 'places, list').locator('label')).toHaveText(['lake2', 'river1']);
  await expect(facet(page, 'kind, text').getByLabel('bird')).toBeFocused();

  await facet(page, 'places, list').getByLabel('river').check();
  await expect(ids(page)).toHaveText(['heron']);
  await expectJson(page, 'where', { $and: [{ kind: 'bird' }, { places: { $contains: 'river' } }] });

  await facet(page, 'kind, text').getByLabel('mammal').check();
  await expect(ids(page)).toHaveText(['heron', 'otter']);
  await expectJson(page, 'where', {
    $and: [{ kind: { $in: ['bird', 'mammal'] } }, { places: { $contains: 'river' } }],
  });

  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy where' }).click();
  await expect(page.getByRole('button', { name: 'Copy where' })).toHaveText('Copied');
  expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))).toEqual({
    $and: [{ kind: { $in: ['bird', 'mammal'] } }, { places: { $contains: 'river' } }],
  });

  await page.getByRole('button', { name: 'places is: turn round' }).click();
  await expect(ids(page)).toHaveText(['bittern']);
  await page.reload();
  await expect(ids(page)).toHaveText(['bittern']);
  await expectJson(page, 'where', {
    $and: [{ kind: { $in: ['bird', 'mammal'] } }, { places: { $not_contains: 'river' } }],
  });

  await page.getByRole('button', { name: 'Clear filter' }).click();
  await expect(ids(page)).toHaveCount(SEEDS.length);
  await expect(json(page, 'where')).toHaveCount(0);

  await page.getByLabel('seen from').fill('2');
  await page.getByLabel('seen from').press('Enter');
  await expect(ids(page)).toHaveText(['heron', 'otter']);
  await expectJson(page, 'where', { seen: { $gte: 2 } });
});

test('the document is filtered by text or regex, and a broken pattern is told beside the field', async ({
  open,
}) => {
  const page = await openSeeded(open);
  await page.keyboard.press('Escape');
  await page.locator('h1:visible').focus();
  await page.keyboard.press('/');
  await expect(textField(page)).toBeFocused();
  await page.keyboard.type('the');
  await expect(ids(page)).toHaveText(['heron', 'bittern', 'otter', 'mist']);
  await expectJson(page, 'whereDocument', { $contains: 'the' });

  await page.getByLabel('How the document is compared').selectOption('regex');
  await textField(page).fill('\\d|^Mist');
  await expect(ids(page)).toHaveText(['bittern', 'mist']);
  await expectJson(page, 'whereDocument', { $regex: '\\d|^Mist' });
  await expect(facet(page, 'kind, text').locator('label')).toHaveText(['bird1']);

  await textField(page).fill('(');
  const fault = page.locator('#document-fault');
  await expect(fault).not.toHaveText('');
  await expect(textField(page)).toHaveAttribute('aria-invalid', 'true');
  await textField(page).fill('(?i)MIST');
  await expect(ids(page)).toHaveText(['mist']);
  await expect(fault).toHaveText('');
  await page.getByLabel('How the document is compared').selectOption('not_regex');
  await expect(ids(page)).toHaveText(['heron', 'bittern', 'otter']);
});

test('an edited record is kept over a reload, with its types', async ({ open }) => {
  const page = await openSeeded(open);
  await page.getByRole('button', { name: 'Edit otter' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit record' });
  await expect(dialog.getByLabel('Document')).toBeFocused();
  await dialog.getByLabel('Document').fill('An otter ate a crayfish.');
  await dialog.getByLabel('Value of kind').fill('predator');
  await dialog.getByLabel('Value of seen').fill('many');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByRole('alert')).toContainText('“many” is not a finite number.');
  await expect(dialog.getByLabel('Value of seen')).toHaveAttribute('aria-invalid', 'true');
  await dialog.getByLabel('Value of seen').fill('40.5');
  await dialog.getByRole('button', { name: 'Take away places' }).click();
  await addField(dialog, 'marks', 'numbers', '1\n2.5');
  await dialog.getByLabel('URI').fill('file:otter.jpg');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('button', { name: 'Edit otter' })).toBeFocused();

  await page.reload();
  const row = rows(page).filter({ hasText: 'otter' });
  await expect(row).toContainText('An otter ate a crayfish.');
  await expect(row).toContainText('predator');
  await expect(row).toContainText('40.5');
  await expect(row).toContainText('1, 2.5');
  await expect(row).toContainText('file:otter.jpg');
  await expect(row).not.toContainText('river');
  await page.locator('.facet > summary').filter({ hasText: 'marks' }).click();
  await expect(facet(page, 'marks, list').locator('label')).toHaveText(['11', '2.51']);
});

test('selected records are deleted after a question, and a taken id is refused', async ({ open }) => {
  const page = await openSeeded(open);
  await page.getByLabel('Select heron').check();
  await page.getByLabel('Select mist').check();
  await expect(page.getByText('2 selected')).toBeVisible();
  await page.getByRole('button', { name: 'Delete selected' }).click();
  const question = page.getByRole('dialog', { name: 'Delete 2 records?' });
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(ids(page)).toHaveCount(SEEDS.length);
  await page.getByRole('button', { name: 'Delete selected' }).click();
  await question.getByRole('button', { name: 'Delete 2 records' }).click();
  await expect(ids(page)).toHaveText(['bittern', 'otter']);
  await page.reload();
  await expect(ids(page)).toHaveText(['bittern', 'otter']);

  await page.getByRole('button', { name: 'Add a record' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a record' });
  await dialog.getByLabel('Id', { exact: true }).fill('otter');
  await dialog.getByLabel('Document').fill('Another one.');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(dialog.getByRole('alert')).toContainText('There is a record with the id “otter”.');
  await page.keyboard.press('Escape');
  await expect(rows(page).filter({ hasText: 'otter' })).toContainText('muddy bank');
});

test('collections are made and deleted; bad names and missing vectors are told with what to do', async ({
  open,
}) => {
  const page = await open('#view=collections');
  await page.getByRole('button', { name: 'New collection' }).click();
  const dialog = page.getByRole('dialog', { name: 'New collection' });
  await dialog.getByLabel('Name').fill('a b');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await expect(dialog.getByRole('alert')).toContainText('VALUE_NAME');
  await page.keyboard.press('Escape');

  await createCollection(page, 'vectors', 'none');
  await expect(page.locator('.explorer-summary')).toHaveText(
    '0 records · no vectors yet · cosine · own vectors',
  );
  await page.getByRole('button', { name: 'Add a record' }).click();
  const record = page.getByRole('dialog', { name: 'Add a record' });
  await record.getByLabel('Id', { exact: true }).fill('one');
  await record.getByLabel('Vector').fill('[1, 2');
  await record.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(record.getByRole('alert')).toContainText('not a JSON list of numbers');
  await record.getByLabel('Vector').fill('[1, 2, 3]');
  await record.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.locator('.explorer-summary')).toHaveText(
    '1 record · 3 dimensions · cosine · own vectors',
  );

  await page.getByRole('button', { name: 'Delete collection' }).click();
  const question = page.getByRole('dialog', { name: 'Delete the collection “vectors”?' });
  await question.getByRole('button', { name: 'Delete collection' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'library' })).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Collections' }).getByRole('link')).toHaveCount(1);
});

test('an address with a filter that cannot be read says so and shows everything; one of a missing collection too', async ({
  open,
}) => {
  const page = await open('#view=collections&collection=library&filter=%7B');
  await expect(page.getByRole('alert').first()).toContainText(
    'The filter of this address could not be read.',
  );
  await expect(page.locator('.table-bar .status')).toHaveText(/^1–25 of \d+ records$/);
  await page.goto(new URL('#view=collections&collection=gone', page.url()).href);
  await expect(page.getByText('There is no collection “gone”.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Add a record' })).toBeHidden();
});

test('all collections go out to a file and come back from it, replacing after a question; a damaged file is told', async ({
  open,
}, info) => {
  const page = await openSeeded(open);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export all' }).click();
  const file = info.outputPath('notes.kindex');
  await (await download).saveAs(file);
  expect((await download).suggestedFilename()).toMatch(/^collections-\d{4}-\d\d-\d\d\.kindex$/);
  const nav = page.getByRole('navigation', { name: 'Collections' });
  await expect(nav.getByRole('status')).toHaveText('Exported.');

  await page.getByRole('button', { name: 'Edit otter' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit record' });
  await dialog.getByLabel('Document').fill('It has gone.');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(rows(page).filter({ hasText: 'It has gone.' })).toHaveCount(1);

  await page.getByLabel('Import …').setInputFiles(file);
  const question = page.getByRole('dialog', { name: 'Replace collections?' });
  await question.getByRole('button', { name: 'Replace' }).click();
  await expect(nav.getByRole('status')).toHaveText(/^Imported \d collections\.$/);
  await expect(rows(page).filter({ hasText: 'An otter slid down' })).toHaveCount(1);
  await expect(rows(page)).toHaveCount(SEEDS.length);

  const damaged = await readFile(file);
  await page.getByLabel('Import …').setInputFiles({
    name: 'damaged.kindex',
    mimeType: '',
    buffer: damaged.subarray(0, damaged.length / 2),
  });
  await question.getByRole('button', { name: 'Replace' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'FORMAT_SNAPSHOT' })).toBeVisible();
  await expect(rows(page)).toHaveCount(SEEDS.length);
});

test('what one tab writes, the other shows', async ({ open }) => {
  const first = await openSeeded(open);
  const second = await open('#view=collections&collection=pond.notes');
  await expect(ids(second)).toHaveCount(SEEDS.length);
  await first.getByLabel('Select heron').check();
  await first.getByRole('button', { name: 'Delete selected' }).click();
  await first.getByRole('button', { name: 'Delete 1 record' }).click();
  await expect(ids(second)).toHaveText(['bittern', 'otter', 'mist']);
});

test('a changed document is embedded anew: the search finds it by what it says now', async ({ open }) => {
  const page = await open('#view=collections&collection=library');
  await page.getByRole('button', { name: 'Edit notes/note-002#0', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit record' });
  await dialog.getByLabel('Document').fill('Penguins march across the ice of Antarctica.');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole('link', { name: 'Search', exact: true }).click();
  await page.getByRole('searchbox', { name: 'Search' }).fill('penguins on the Antarctic ice');
  const first = page.getByRole('list', { name: 'Results' }).getByRole('listitem').first();
  await expect(first).toHaveAttribute('data-path', 'notes/note-002');
  await expect(first).toContainText('Penguins march');
});

test('a passage deleted by hand is gone from the search too, and a foreign record does not disturb it', async ({
  open,
}) => {
  const page = await open('#view=collections&collection=library');
  await expect(ids(page).first()).toHaveText('notes/note-001#0');
  await page.getByLabel('Select notes/note-001#0').check();
  await page.getByRole('button', { name: 'Delete selected' }).click();
  await page.getByRole('button', { name: 'Delete 1 record' }).click();
  await expect(ids(page).first()).not.toHaveText('notes/note-001#0');
  await addRecordAnywhere(page, 'by-hand', 'A knife is blunt, says a record of no document.');
  await page.getByRole('link', { name: 'Search', exact: true }).click();
  await page.getByRole('searchbox', { name: 'Search' }).fill('knife is blunt');
  const results = page.getByRole('list', { name: 'Results' }).getByRole('listitem');
  await expect(results.first()).toBeVisible();
  await expect(results.filter({ hasText: 'Whetstone evening' })).toHaveCount(0);
  await expect(results.filter({ hasText: 'a record of no document' })).toHaveCount(0);
});

async function addRecordAnywhere(page: Page, id: string, document: string): Promise<void> {
  await page.getByRole('button', { name: 'Add a record' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a record' });
  await dialog.getByLabel('Id', { exact: true }).fill(id);
  await dialog.getByLabel('Document').fill(document);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(dialog).toBeHidden();
}

test('names, structure and contrast hold in both themes, with a filter, a selection and an open form', async ({
  open,
}) => {
  const page = await openSeeded(open);
  await facet(page, 'kind, text').getByLabel('bird').check();
  await textField(page).fill('the');
  await page.getByText('Configuration', { exact: true }).click();
  await expectJson(page, 'whereDocument', { $contains: 'the' });
  await page.getByLabel('Select heron').check();
  for (const form of [null, 'Edit heron', 'New collection']) {
    if (form !== null) await page.getByRole('button', { name: form }).click();
    expect(await findStructureFaults(page)).toEqual([]);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await findContrastFaults(page)).toEqual([]);
    }
    if (form !== null) await page.keyboard.press('Escape');
  }
});

test('no width from 360 to 1600 pixels scrolls sideways', async ({ open }) => {
  const page = await openSeeded(open);
  await facet(page, 'kind, text').getByLabel('bird').check();
  await textField(page).fill('the');
  await expectJson(page, 'whereDocument', { $contains: 'the' });
  await page.getByLabel('Select heron').check();
  for (const form of [null, 'Edit heron']) {
    if (form !== null) await page.getByRole('button', { name: form }).click();
    for (const width of [360, 390, 600, 800, 1000, 1440, 1600]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await overflowPixels(page), `at ${width} pixels`).toBe(0);
    }
  }
});
