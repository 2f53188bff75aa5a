/** Tenants and databases: namespaces, their own errors, what a client of another namespace sees. */

const topic = 'admin';
const byName = (list) => list.map(({ name }) => name).sort();

export const cases = [
  {
    name: 'the default database is there',
    topic,
    script: async ({ admin, note }) => {
      await note(() => admin.getDatabase({ name: 'default_database', tenant: 'default_tenant' }));
      await note(() => admin.getTenant({ name: 'default_tenant' }));
      await note(async () => byName(await admin.listDatabases({ tenant: 'default_tenant' })));
    },
  },
  {
    name: 'databases are created, got, listed and deleted',
    topic,
    script: async ({ admin, note }) => {
      const tenant = 'default_tenant';
      await admin.createDatabase({ name: 'archive', tenant });
      await note(async () => (await admin.getDatabase({ name: 'archive', tenant })).name);
      await note(async () => byName(await admin.listDatabases({ tenant })));
      await note(() => admin.deleteDatabase({ name: 'archive', tenant }));
      await note(() => admin.getDatabase({ name: 'archive', tenant }));
    },
  },
  {
    name: 'a database that exists is refused',
    topic,
    script: async ({ admin, note }) => {
      const database = { name: 'archive', tenant: 'default_tenant' };
      await admin.createDatabase(database);
      await note(() => admin.createDatabase(database));
    },
  },
  {
    name: 'a database that does not exist cannot be deleted',
    topic,
    script: async ({ admin, note }) => {
      await note(() => admin.deleteDatabase({ name: 'nowhere', tenant: 'default_tenant' }));
    },
  },
  {
    name: 'listDatabases pages with limit and offset',
    topic,
    script: async ({ admin, note }) => {
      const tenant = 'default_tenant';
      for (const name of ['one', 'two', 'three']) await admin.createDatabase({ name, tenant });
      await note(async () => (await admin.listDatabases({ tenant, limit: 2 })).length);
      await note(async () => (await admin.listDatabases({ tenant, offset: 3 })).length);
      await note(async () => (await admin.listDatabases({ tenant, offset: 9 })).length);
    },
  },
  {
    name: 'names of databases follow the rules of names',
    topic,
    script: async ({ admin, note }) => {
      await note(() => admin.createDatabase({ name: 'x', tenant: 'default_tenant' }));
    },
  },
  {
    name: 'tenants have databases of their own',
    topic,
    script: async ({ admin, note }) => {
      await admin.createTenant({ name: 'acme' });
      await note(() => admin.getTenant({ name: 'acme' }));
      await note(() => admin.createTenant({ name: 'acme' }));
      await note(() => admin.getTenant({ name: 'nobody' }));
      await admin.createDatabase({ name: 'archive', tenant: 'acme' });
      await note(async () => byName(await admin.listDatabases({ tenant: 'acme' })));
      await note(() => admin.getDatabase({ name: 'archive', tenant: 'default_tenant' }));
    },
  },
];
