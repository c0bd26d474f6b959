/**
 * Table facebook_pages. Tokens leave it only as Secret and enter it only encrypted; a plain one that another program
 * left is used and stored again encrypted, in a column of ours.
 */
import { TidemarkError } from '../core/errors.ts';
import type { Instant, Page, PageRef, PageStatus, Platform } from '../core/model.ts';
import { Secret } from '../lib/secret.ts';
import { type Database, type Queryable, UUID } from './connect.ts';
import { DERIVE_PAGE, digestFor, findPageColumns, PAGE, STORED_TOKEN, tokenColumnOf } from './page-columns.ts';
import type { TokenCipher } from './token-cipher.ts';

interface PageRow extends Record<string, unknown> {
  readonly id: string;
  readonly facebook_page_id: string;
  readonly name: string | null;
  readonly is_active: boolean;
  readonly status: PageStatus;
  readonly status_detail: string | null;
  readonly instagram_account_id: string | null;
  readonly is_instagram_checked: boolean;
  readonly user_id: string | null;
  readonly last_synced_at: Instant | null;
  readonly channels: readonly {
    readonly platform: Platform;
    readonly status: Exclude<PageStatus, 'paused'>;
    readonly status_detail: string | null;
    readonly last_synced_at: Instant | null;
  }[];
  readonly created_at: Instant;
  readonly updated_at: Instant;
}

export async function listPages(database: Queryable): Promise<readonly Page[]> {
  const rows = await database.query<PageRow>(
    `SELECT ${PAGE} FROM facebook_pages AS page ORDER BY page.name, page.facebook_page_id`,
  );
  return rows.map(toPage);
}

/** Finds a Page by its uuid. Anything that is no uuid finds nothing. */
export async function findPage(database: Queryable, pageId: string): Promise<Page | undefined> {
  if (!UUID.test(pageId)) return undefined;
  const [row] = await database.query<PageRow>(`SELECT ${PAGE} FROM facebook_pages AS page WHERE id = $1`, [pageId]);
  return row && toPage(row);
}

/** In the order of the ids, those that are there. */
export async function findPagesByFacebookId(
  database: Queryable,
  facebookPageIds: readonly string[],
): Promise<readonly Page[]> {
  const rows = await database.query<PageRow>(
    `SELECT ${PAGE} FROM facebook_pages AS page WHERE page.facebook_page_id::text = ANY ($1)
     ORDER BY array_position($1, page.facebook_page_id::text)`,
    [facebookPageIds],
  );
  return rows.map(toPage);
}

/** Those of the Pages that are known and have a token. */
export async function findPagesWithToken(database: Queryable, facebookPageIds: readonly string[]) {
  const rows = await database.query<PageRow>(
    `SELECT ${PAGE} FROM facebook_pages AS page
     WHERE page.facebook_page_id::text = ANY ($1) AND ${STORED_TOKEN} IS NOT NULL`,
    [facebookPageIds],
  );
  return rows.map(toPage);
}

/** The Page that a caller means. Errors: PAGE_ID_REQUIRED, PAGE_IDS_DISAGREE, PAGE_NOT_FOUND. */
export async function findReferredPage(database: Queryable, { pageId, facebookPageId }: PageRef): Promise<Page> {
  const byId = pageId === undefined ? undefined : await findPage(database, pageId);
  if (pageId !== undefined && byId === undefined) throw notFound(`with the id ${pageId}`);
  const [byFacebookId] = facebookPageId === undefined ? [] : await findPagesByFacebookId(database, [facebookPageId]);
  if (facebookPageId !== undefined && byFacebookId === undefined)
    throw notFound(`with Facebook's id ${facebookPageId}`);
  if (byId !== undefined && byFacebookId !== undefined && byId.id !== byFacebookId.id) {
    throw new TidemarkError(
      'PAGE_IDS_DISAGREE',
      `pageId ${pageId} and facebookPageId ${facebookPageId} belong to two different Pages.`,
    );
  }
  const page = byId ?? byFacebookId;
  if (page === undefined) throw new TidemarkError('PAGE_ID_REQUIRED', 'Page ID required');
  return page;
}

function notFound(named: string): TidemarkError {
  return new TidemarkError('PAGE_NOT_FOUND', `No Page ${named} is connected.`);
}

/** What is stored as the Page's token; undefined when there is none. */
export async function findStoredToken(database: Database, pageId: string): Promise<Secret | undefined> {
  const sql = `SELECT ${STORED_TOKEN} AS token FROM facebook_pages AS page WHERE id = $1`;
  const [row] = await database.query<{ token: string | null }>(sql, [pageId]);
  return row?.token ? new Secret(row.token) : undefined;
}

/**
 * The Page's token out of what is stored; stored again when it should be. Errors: TOKEN_MISSING,
 * ENCRYPTION_KEY_MISSING, ENCRYPTION_KEY_WRONG.
 */
export async function openToken(
  { database, cipher }: { readonly database: Database; readonly cipher: TokenCipher },
  page: Page,
  storedToken: Secret | undefined,
): Promise<Secret> {
  if (storedToken === undefined) {
    throw new TidemarkError('TOKEN_MISSING', `Page ${page.name ?? page.facebookPageId} has no access token.`);
  }
  const stored = storedToken.reveal();
  const { token, stale } = cipher.decrypt(stored, page.facebookPageId);
  if (stale) {
    const columns = await findPageColumns(database.query);
    // Only if it is still the one we read: somebody may be handing in a fresh token right now.
    await database.query(
      `UPDATE facebook_pages AS page SET ${tokenColumnOf(columns)} = $3${digestFor(columns)}
       WHERE id = $1 AND ${STORED_TOKEN} = $2`,
      [page.id, stored, cipher.encrypt(token, page.facebookPageId)],
    );
  }
  return token;
}

/** Whether it is the caller who asks Facebook today for the Instagram account of the Page; nobody else does then. */
export async function claimInstagramCheck(database: Database, pageId: string): Promise<boolean> {
  const rows = await database.query(
    `UPDATE facebook_pages SET instagram_checked_at = now()
     WHERE id = $1 AND (instagram_checked_at > now() - interval '1 day') IS NOT TRUE RETURNING id`,
    [pageId],
  );
  return rows.length > 0;
}

/** Saves the account that the Page has now. A trigger adds its channel, or has another account walked in full. */
export async function saveInstagramAccount(database: Database, pageId: string, accountId: string): Promise<void> {
  await database.query(
    `UPDATE facebook_pages SET instagram_account_id = $2
     WHERE id = $1 AND instagram_account_id IS DISTINCT FROM $2`,
    [pageId, accountId],
  );
}

/** Has the next sync ask again, whenever it comes. */
export async function askForInstagramAgain(database: Database, pageId: string): Promise<void> {
  await database.query('UPDATE facebook_pages SET instagram_checked_at = NULL WHERE id = $1', [pageId]);
}

/** Pauses or resumes a Page; undefined when there is none. */
export async function setPageActive(database: Database, pageId: string, isActive: boolean): Promise<Page | undefined> {
  const [row] = await database.query<PageRow>(
    `UPDATE facebook_pages AS page SET is_active = $2, ${DERIVE_PAGE}
     WHERE id = $1 RETURNING ${PAGE}`,
    [pageId, isActive],
  );
  return row && toPage(row);
}

/** Conversations and messages that are mirrored of a Page. Reads an index of each from one end of the Page to the other. */
export async function countMirrored(
  database: Queryable,
  pageId: string,
): Promise<{ readonly conversations: number; readonly messages: number }> {
  const [row] = await database.query<{ conversations: number; messages: number }>(
    `SELECT (SELECT count(*)::float8 FROM facebook_conversations WHERE page_id = $1) AS conversations,
       (SELECT count(*)::float8 FROM facebook_messages WHERE page_id = $1) AS messages`,
    [pageId],
  );
  return { conversations: row?.conversations ?? 0, messages: row?.messages ?? 0 };
}

/**
 * Removes a Page and, by its foreign keys, everything mirrored of it. A walk of it may be writing: its lease goes
 * first, in the order in which a batch takes its locks, so that the two wait for each other and never in a circle.
 */
export async function removePage(database: Database, pageId: string): Promise<void> {
  const remove = async (query: Database['query']) => {
    await query('DELETE FROM facebook_sync_state WHERE page_id = $1', [pageId]);
    await query('DELETE FROM facebook_pages WHERE id = $1', [pageId]);
  };
  await database.transaction(remove, { isLong: true });
}

function toPage(row: PageRow): Page {
  return {
    id: row.id,
    facebookPageId: row.facebook_page_id,
    name: row.name ?? undefined,
    isActive: row.is_active,
    status: row.status,
    statusDetail: row.status_detail ?? undefined,
    instagramAccountId: row.instagram_account_id ?? undefined,
    isInstagramChecked: row.is_instagram_checked,
    userId: row.user_id ?? undefined,
    channels: row.channels.map((channel) => ({
      platform: channel.platform,
      status: channel.status,
      statusDetail: channel.status_detail ?? undefined,
      lastSyncedAt: channel.last_synced_at ?? undefined,
    })),
    lastSyncedAt: row.last_synced_at ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
