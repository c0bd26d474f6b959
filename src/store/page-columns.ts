/**
 * Columns of facebook_pages, whoever made the table. In one that was adopted, the columns of its owner have types of
 * their own and most are not ours to write; where there is one of ours beside them, that one counts.
 */
import type { Database } from './connect.ts';

/**
 * What a Page shows is derived from its channels by a trigger, which reads them when the row of the Page is locked and
 * replaces this value; it only must not be null, which asks for a full sync.
 */
export const DERIVE_PAGE = 'last_synced_at = now()';

const ROW = 'to_jsonb(page)';
const ours = (column: string) =>
  `${ROW} ->> CASE WHEN ${ROW} ? 'sync_${column}' THEN 'sync_${column}' ELSE '${column}' END`;
/** A time of any type (the session is in UTC); null where the column holds none. */
const time = (column: string) => `CASE
  WHEN pg_typeof(page.${column}) = ANY ('{timestamptz,timestamp,date}'::regtype[]) THEN (${ROW} ->> '${column}')::timestamptz END`;

/** A Page and its channels, which the primary key serves. No access_token: a run gets it when it begins. */
export const PAGE = `page.id, page.facebook_page_id::text, page.name::text, page.is_active IS NOT FALSE AS is_active,
  ${ours('status')} AS status, ${ours('status_detail')} AS status_detail, page.instagram_account_id::text,
  page.user_id::text, page.last_synced_at::timestamptz,
  coalesce(${time('created_at')}, to_timestamp(0)) AS created_at,
  coalesce(${time('updated_at')}, page.last_synced_at::timestamptz, to_timestamp(0)) AS updated_at,
  (page.instagram_checked_at > now() - interval '1 day') IS TRUE AS is_instagram_checked, (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'platform', state.platform, 'status', state.status, 'status_detail', state.status_detail,
             'last_synced_at', CASE WHEN state.full_syncs_done >= page.full_syncs_requested
                                    THEN extract(epoch FROM state.last_synced_at) * 1000 END
           ) ORDER BY state.platform DESC), '[]')
    FROM facebook_sync_state AS state
    WHERE state.page_id = page.id AND (state.platform = 'messenger' OR page.instagram_account_id IS NOT NULL)
  ) AS channels`;

/** What access_token was, as it is noted beside an encrypted one. */
const TOKEN_DIGEST = `encode(sha256(convert_to(page.access_token::text, 'UTF8')), 'hex')`;

/** What is stored as the token of a `page`: of two, the newer one. Its owner may have changed the plain one. */
export const STORED_TOKEN = `CASE
  WHEN ${ROW} ->> 'access_token_encrypted' IS NULL
    OR (page.access_token::text <> '' AND ${TOKEN_DIGEST} IS DISTINCT FROM (${ROW} ->> 'access_token_digest'))
  THEN page.access_token::text ELSE ${ROW} ->> 'access_token_encrypted' END`;

interface PageColumn {
  readonly name: string;
  /** As SQL writes it. */
  readonly type: string;
  readonly isNullable: boolean;
  /** Whether it gets a value by itself. */
  readonly isFilled: boolean;
  /** Whether another program made it. */
  readonly isAdopted: boolean;
}

export type PageColumns = ReadonlyMap<string, PageColumn>;

/** Where tokens of ours are stored. */
export function tokenColumnOf(columns: PageColumns): 'access_token' | 'access_token_encrypted' {
  return columns.has('access_token_encrypted') ? 'access_token_encrypted' : 'access_token';
}

/** To be set beside a token; `page` is the Page. */
export function digestFor(columns: PageColumns): string {
  return columns.has('access_token_encrypted') ? `, access_token_digest = ${TOKEN_DIGEST}` : '';
}

/** The columns there are, by name. */
export async function findPageColumns(query: Database['query']): Promise<PageColumns> {
  const rows = await query<{ name: string } & PageColumn & Record<string, unknown>>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, NOT attnotnull AS "isNullable",
            atthasdef OR attidentity <> '' AS "isFilled",
            EXISTS (SELECT FROM tidemark_adopted_columns
                    WHERE table_name = 'facebook_pages' AND column_name = attname) AS "isAdopted"
     FROM pg_attribute
     WHERE attrelid = 'facebook_pages'::regclass AND attnum > 0 AND NOT attisdropped
     ORDER BY attnum`,
  );
  return new Map(rows.map((column) => [column.name, column]));
}
