/**
 * Tokens in a table that was adopted: its owner's column stays plain and theirs, Tidemark keeps an encrypted one beside
 * it, and of two the newer one counts, whoever brought it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, describeEachPostgres, type TestDatabase } from '../../test/support/postgres.ts';
import { TEST_KEY } from '../../test/support/test-key.ts';
import { must } from '../lib/must.ts';
import { Secret } from '../lib/secret.ts';
import { connect, type Database } from './connect.ts';
import { migrate } from './migrate.ts';
import { findReferredPage, findStoredToken, openToken } from './pages.ts';
import { savePages } from './save-pages.ts';
import { createTokenCipher } from './token-cipher.ts';

const cipher = createTokenCipher(TEST_KEY);
const REF = { facebookPageId: '1' };

describeEachPostgres('the token of an adopted Page', (version) => {
  let server: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    server = await createTestDatabase({ version });
    database = connect({ connectionString: server.url });
    await database.query(
      `CREATE TABLE facebook_pages (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), facebook_page_id varchar(40) NOT NULL,
         name varchar(10), access_token varchar(60), shop text NOT NULL DEFAULT 'A');
       INSERT INTO facebook_pages (facebook_page_id, name) VALUES ('1', 'Our Bakery')`,
    );
    await migrate(database);
  });
  afterAll(async () => {
    await database.close();
    await server.drop();
  });

  const write = (token: string | null) =>
    database.query(`UPDATE facebook_pages SET access_token = $1 WHERE facebook_page_id = '1'`, [token]);
  const save = (token: string, name = 'Bakery at Facebook') =>
    savePages(database, cipher, [{ ...REF, name, instagramAccountId: undefined, token: new Secret(token) }]);
  const used = async () => {
    const page = await findReferredPage(database, REF);
    const stored = await findStoredToken(database, page.id);
    return stored === undefined ? undefined : (await openToken({ database, cipher }, page, stored)).reveal();
  };
  const columns = async () => {
    const sql = `SELECT access_token AS plain, access_token_encrypted AS encrypted FROM facebook_pages WHERE facebook_page_id = '1'`;
    const [row] = await database.query<{ plain: string | null; encrypted: string | null }>(sql);
    return must(row, 'the Page is there');
  };

  it('is the plain one of its owner, of which an encrypted copy is kept; then the newer of the two', async () => {
    expect(await used()).toBeUndefined();
    await write('EAAGfirst');
    expect(await used()).toBe('EAAGfirst');
    const first = await columns();
    expect(first).toEqual({ plain: 'EAAGfirst', encrypted: expect.stringMatching(/^tm1:/) });
    expect(await used()).toBe('EAAGfirst');
    expect(await columns()).toEqual(first);

    await write('EAAGsecond');
    expect(await used()).toBe('EAAGsecond');
    await save('EAAGthird');
    expect(await used()).toBe('EAAGthird');
    expect((await columns()).plain).toBe('EAAGsecond');
    // The same again is nothing new.
    await write('EAAGsecond');
    expect(await used()).toBe('EAAGthird');
    await write('EAAGfourth');
    expect(await used()).toBe('EAAGfourth');
  });

  it('is kept when its owner takes the plain one away', async () => {
    await write('EAAGlast');
    expect(await used()).toBe('EAAGlast');
    for (const nothing of [null, '']) {
      await write(nothing);
      expect(await used()).toBe('EAAGlast');
    }
  });

  it('leaves the name that its owner gave the Page', async () => {
    await save('EAAGnamed');
    expect((await findReferredPage(database, REF)).name).toBe('Our Bakery');
    await database.query(`UPDATE facebook_pages SET name = NULL WHERE facebook_page_id = '1'`);
    await save('EAAGnamed', 'A name that is longer than the column');
    expect((await findReferredPage(database, REF)).name).toBe('A name tha');
  });

  it('of a Page that the table does not hold comes with a row of its own, and never in plain', async () => {
    const { saved, refused } = await savePages(database, cipher, [
      { facebookPageId: '2', name: 'Bar', instagramAccountId: '178', token: new Secret('EAAGnew') },
    ]);
    expect(refused).toEqual([]);
    expect(saved).toMatchObject([{ facebookPageId: '2', name: 'Bar', status: 'connected', instagramAccountId: '178' }]);
    const [row] = await database.query(`SELECT * FROM facebook_pages WHERE facebook_page_id = '2'`);
    expect(row).toMatchObject({
      access_token: null,
      access_token_encrypted: expect.stringMatching(/^tm1:/),
      shop: 'A',
    });
    expect(JSON.stringify(row)).not.toContain('EAAGnew');
  });

  describe('in a table that wants more than Facebook tells', () => {
    it('is saved for the Pages that are there; of the others it is said why not', async () => {
      await database.query('ALTER TABLE facebook_pages ALTER COLUMN shop DROP DEFAULT');
      const page = (facebookPageId: string) => ({
        facebookPageId,
        name: `Page ${facebookPageId}`,
        instagramAccountId: undefined,
        token: new Secret(`EAAG${facebookPageId}`),
      });
      const { saved, refused } = await savePages(database, cipher, [page('3'), page('1')]);
      expect(saved).toMatchObject([{ facebookPageId: '1' }]);
      expect(refused).toEqual([
        { facebookPageId: '3', name: 'Page 3', reason: expect.stringMatching(/needs a value in shop, which Facebook/) },
      ]);
      expect(await used()).toBe('EAAG1');
    });
  });
});
