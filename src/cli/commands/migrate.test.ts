import { describe, expect, it } from 'vitest';
import type { MigrationCheck } from '../../store/check-migration.ts';
import { createFake } from '../../../test/support/cli/fake-context.ts';

const DATABASE = { DATABASE_URL: 'postgresql://me:secret@db.example/mine' };
const CHECK: MigrationCheck = {
  schema: 'public',
  version: 0,
  newestVersion: 17,
  changes: ['It adds to the table facebook_pages: is_active.'],
  obstacles: [],
  notices: ['The other columns of facebook_pages stay as they are: id.'],
};

const fakeWith = (check: Partial<MigrationCheck>, env: Record<string, string> = DATABASE) => {
  const asked: unknown[] = [];
  const fake = createFake({
    env,
    overrides: {
      checkMigration: async (target) => {
        asked.push(target);
        return { ...CHECK, ...check };
      },
      renderMigrations: async (options) => {
        asked.push(options);
        return '';
      },
    },
  });
  return { fake, asked };
};

describe('tidemark migrate --check', () => {
  it('tells what would be done, and opens nothing else', async () => {
    const { fake, asked } = fakeWith({}, { ...DATABASE, TIDEMARK_SCHEMA: 'crm' });
    expect(await fake.run('migrate', '--check')).toBe(0);
    expect(fake.stdout()).toBe(
      [
        'The database has no tables of Tidemark yet (schema public).',
        '',
        'A migration would do this:',
        '  - It adds to the table facebook_pages: is_active.',
        '',
        'Good to know:',
        '  - The other columns of facebook_pages stay as they are: id.',
        '',
        'Nothing was changed. Nothing is in the way of `tidemark migrate`.',
        '',
      ].join('\n'),
    );
    expect(asked).toEqual([{ databaseUrl: DATABASE.DATABASE_URL, schema: 'crm' }]);
    expect(fake.happened).toEqual([]);
  });

  it('ends with 1 when something is in the way', async () => {
    const { fake } = fakeWith({ obstacles: ['There is a view facebook_messages already.'] });
    expect(await fake.run('migrate', '--check')).toBe(1);
    expect(fake.stdout()).toContain(
      'In the way, until it is put right:\n  - There is a view facebook_messages already.\n',
    );
    expect(fake.stdout()).toContain('`tidemark migrate` would change nothing either');
  });

  it('says so when there is nothing to do', async () => {
    const { fake } = fakeWith({ version: 17, changes: [], notices: [] });
    expect(await fake.run('migrate', '--check')).toBe(0);
    expect(fake.stdout()).toBe(
      'The database is at version 17 of 17 (schema public).\n\nThere is nothing to migrate.\n',
    );
  });

  it('prints one JSON document on request', async () => {
    const { fake } = fakeWith({ obstacles: ['No.'] });
    expect(await fake.run('migrate', '--check', '--json')).toBe(1);
    expect(JSON.parse(fake.stdout())).toEqual({ success: false, embedded: false, ...CHECK, obstacles: ['No.'] });
  });

  it('has nothing to look at without a database of the user', async () => {
    const { fake, asked } = fakeWith({}, {});
    expect(await fake.run('migrate', '--check')).toBe(0);
    expect(fake.stdout()).toMatch(/embedded database/);
    expect([asked, fake.happened]).toEqual([[], []]);
  });

  it('does not go together with --print', async () => {
    expect(await fakeWith({}).fake.run('migrate', '--check', '--print')).toBe(2);
  });
});

describe('tidemark migrate --print', () => {
  it('honours the schema of the settings, and refuses a wrong one', async () => {
    const { fake, asked } = fakeWith({}, { TIDEMARK_SCHEMA: 'crm' });
    expect(await fake.run('migrate', '--print')).toBe(0);
    expect(asked).toEqual([{ schema: 'crm' }]);
    for (const wrong of ['pg_own', 'information_schema', 'my-schema', '1st', 'a b', 'x'.repeat(64)]) {
      const { fake: other } = fakeWith({}, { TIDEMARK_SCHEMA: wrong });
      expect(await other.run('migrate', '--print')).toBe(2);
      expect(other.stderr()).toMatch(/TIDEMARK_SCHEMA must be the name of a PostgreSQL schema/);
    }
  });
});
