/**
 * Table facebook_pages. Tokens leave it only as Secret and enter it only encrypted; a plain one that another program
 * left is used and stored again encrypted.
 */
import { TidemarkError } from '../core/errors.ts';
import type { Instant, Page, PageRef, PageStatus, Platform } from '../core/model.ts';
import { Secret } from '../lib/secret.ts';
import { type Database, type Queryable, UUID } from './connect.ts';
import { toText } from './sql-values.ts';
import type { TokenCipher } from './token-cipher.ts';

/**
 * What a Page shows is derived from its channels by a trigger, which reads them when the row of the Page is locked and
 * replaces this value; it only must not be null, which asks for a full sync.
 */
export const DERIVE_PAGE = 'last_synced_at = now(), updated_at = now()';

/** No access_token: a run gets it when it begins. */
const COLUMNS = `id, facebook_page_id, name, is_active, status, status_detail, instagram_account_id, user_id,
  last_synced_at, created_at, updated_at,
  (instagram_checked_at > now() - interval '1 day') IS TRUE AS is_instagram_checked`;

/** COLUMNS, and the channels; `page` is the Page. Served by the primary key. */
const PAGE = `${COLUMNS}, (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'platform', state.platform, 'status', state.status, 'status_detail', state.status_detail,
             'last_synced_at', CASE WHEN state.full_syncs_done >= page.full_syncs_requested
                                    THEN extract(epoch FROM state.last_synced_at) * 1000 END
           ) ORDER BY state.platform DESC), '[]')
    FROM facebook_sync_state AS state
    WHERE state.page_id = page.id AND (state.platform = 'messenger' OR page.instagram_account_id IS NOT NULL)
  ) AS channels`;

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
    `SELECT ${PAGE} FROM facebook_pages AS page ORDER BY name, facebook_page_id`,
  );
  return rows.map(toPage);
}

/** Finds a Page by its uuid. Anything that is no uuid finds nothing. */
export async function findPage(database: Queryable, pageId: string): Promise<Page | undefined> {
  if (!UUID.test(pageId)) return undefined;
  const [row] = await database.query<PageRow>(`SELECT ${PAGE} FROM facebook_pages AS page WHERE id = $1`, [pageId]);
  return row && toPage(row);
}

async function findPageByFacebookId(database: Queryable, facebookPageId: string): Promise<Page | undefined> {
  const [row] = await database.query<PageRow>(
    `SELECT ${PAGE} FROM facebook_pages AS page WHERE facebook_page_id = $1`,
    [facebookPageId],
  );
  return row && toPage(row);
}

/** Those of the Pages that are known and have a token. */
export async function findPagesWithToken(database: Queryable, facebookPageIds: readonly string[]) {
  const rows = await database.query<PageRow>(
    `SELECT ${PAGE} FROM facebook_pages AS page WHERE facebook_page_id = ANY ($1) AND access_token IS NOT NULL`,
    [facebookPageIds],
  );
  return rows.map(toPage);
}

/** The Page that a caller means. Errors: PAGE_ID_REQUIRED, PAGE_IDS_DISAGREE, PAGE_NOT_FOUND. */
export async function findReferredPage(database: Queryable, { pageId, facebookPageId }: PageRef): Promise<Page> {
  const byId = pageId === undefined ? undefined : await findPage(database, pageId);
  if (pageId !== undefined && byId === undefined) throw notFound(`with the id ${pageId}`);
  const byFacebookId = facebookPageId === undefined ? undefined : await findPageByFacebookId(database, facebookPageId);
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

export interface PageToSave {
  readonly facebookPageId: string;
  readonly name: string | undefined;
  readonly instagramAccountId: string | undefined;
  readonly token: Secret;
}

/** The token is that of every channel. Before the Page: whoever ends a run takes their rows in this order. */
const CONNECT_CHANNELS = `
UPDATE facebook_sync_state AS state SET status = 'connected', status_detail = NULL
FROM facebook_pages AS page
WHERE page.facebook_page_id = ANY ($1) AND state.page_id = page.id AND state.status <> 'connected'`;

const RENEW = (source: string) => `
  name = coalesce(${source}.name, held.name),
  access_token = ${source}.access_token,
  instagram_account_id = coalesce(${source}.instagram_account_id, held.instagram_account_id),
  instagram_checked_at = now(),
  ${DERIVE_PAGE}`;

/**
 * $1 Facebook ids · $2 names · $3 tokens · $4 Instagram accounts. A known Page gets the new token and a new start; by
 * an UPDATE, because an INSERT would first have to satisfy the columns of an adopted table that we do not know.
 */
const SAVE_PAGES = `
WITH input AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    AS input (facebook_page_id, name, access_token, instagram_account_id)
), known AS (
  UPDATE facebook_pages AS held SET ${RENEW('input')}
  FROM input WHERE held.facebook_page_id = input.facebook_page_id
  RETURNING held.facebook_page_id
), added AS (
  INSERT INTO facebook_pages AS held (
    facebook_page_id, name, access_token, instagram_account_id, instagram_checked_at, status, is_active)
  SELECT facebook_page_id, name, access_token, instagram_account_id, now(), 'connected', true FROM input
  WHERE NOT EXISTS (SELECT FROM facebook_pages AS other WHERE other.facebook_page_id = input.facebook_page_id)
  ON CONFLICT (facebook_page_id) DO UPDATE SET ${RENEW('excluded')}
)
SELECT FROM known`;

/** $1 Facebook ids. */
const FIND_SAVED = `
SELECT ${PAGE} FROM facebook_pages AS page WHERE facebook_page_id = ANY ($1) ORDER BY array_position($1, facebook_page_id)`;

export async function savePages(
  database: Database,
  cipher: TokenCipher,
  pages: readonly PageToSave[],
): Promise<readonly Page[]> {
  const distinct = [...new Map(pages.map((page) => [page.facebookPageId, page])).values()];
  const facebookPageIds = distinct.map((page) => page.facebookPageId);
  const rows = await database.transaction(async (query) => {
    await query(CONNECT_CHANNELS, [facebookPageIds]);
    await query(SAVE_PAGES, [
      facebookPageIds,
      distinct.map((page) => toText(page.name) ?? null),
      distinct.map((page) => cipher.encrypt(page.token, page.facebookPageId)),
      distinct.map((page) => page.instagramAccountId ?? null),
    ]);
    return query<PageRow>(FIND_SAVED, [facebookPageIds]);
  });
  return rows.map(toPage);
}

/** What is stored as the Page's token; undefined when there is none. */
export async function findStoredToken(database: Database, pageId: string): Promise<Secret | undefined> {
  const sql = 'SELECT access_token FROM facebook_pages WHERE id = $1';
  const [row] = await database.query<{ access_token: string | null }>(sql, [pageId]);
  return row?.access_token ? new Secret(row.access_token) : undefined;
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
    // Only if it is still the one we read: somebody may be handing in a fresh token right now.
    await database.query('UPDATE facebook_pages SET access_token = $3 WHERE id = $1 AND access_token = $2', [
      page.id,
      stored,
      cipher.encrypt(token, page.facebookPageId),
    ]);
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
    `UPDATE facebook_pages SET instagram_account_id = $2, updated_at = now()
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
    `UPDATE facebook_pages AS page SET is_active = $2, status = 'paused', status_detail = NULL, ${DERIVE_PAGE}
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
