/**
 * Saves Pages that were connected, with their tokens, encrypted. A table that was adopted may ask for more than
 * Facebook says of a Page: there only the Pages are saved that its owner has put into it.
 */
import type { Page } from '../core/model.ts';
import { must } from '../lib/must.ts';
import type { Secret } from '../lib/secret.ts';
import type { Database } from './connect.ts';
import { DERIVE_PAGE, digestFor, findPageColumns, type PageColumns, tokenColumnOf } from './page-columns.ts';
import { findPagesByFacebookId } from './pages.ts';
import { toText } from './sql-values.ts';
import type { TokenCipher } from './token-cipher.ts';

export interface PageToSave {
  readonly facebookPageId: string;
  readonly name: string | undefined;
  readonly instagramAccountId: string | undefined;
  readonly token: Secret;
}

export interface SavedPages {
  readonly saved: readonly Page[];
  readonly refused: readonly (Pick<PageToSave, 'facebookPageId' | 'name'> & { readonly reason: string })[];
}

/** What is saved of a new Page. */
const FILLED = ['id', 'facebook_page_id', 'name', 'instagram_account_id', 'instagram_checked_at', 'is_active'];

/** The token is that of every channel. Before the Page: whoever ends a run takes their rows in this order. */
const CONNECT_CHANNELS = `
UPDATE facebook_sync_state AS state SET status = 'connected', status_detail = NULL
FROM facebook_pages AS page
WHERE page.facebook_page_id::text = ANY ($1) AND state.page_id = page.id AND state.status <> 'connected'`;

/** $1 Facebook ids · $2 names · $3 tokens · $4 Instagram accounts. */
const INPUT = `
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    AS input (facebook_page_id, name, access_token, instagram_account_id)`;

const cast = (columns: PageColumns, name: string) => `input.${name}::${columnOf(columns, name).type}`;
const columnOf = (columns: PageColumns, name: string) => must(columns.get(name), 'the migrations make it');

/** A known Page gets the new token and a new start. A name that its owner gave it stays. */
function renewPages(columns: PageColumns): string {
  const names = [`page.name`, cast(columns, 'name')];
  const account = cast(columns, 'instagram_account_id');
  return `
UPDATE facebook_pages AS page SET
  name = coalesce(${(columnOf(columns, 'name').isAdopted ? names : names.toReversed()).join(', ')}),
  ${tokenColumnOf(columns)} = input.access_token${digestFor(columns)},
  instagram_account_id = coalesce(${account}, page.instagram_account_id),
  instagram_checked_at = now(),
  ${DERIVE_PAGE}
FROM (${INPUT}) AS input WHERE page.facebook_page_id::text = input.facebook_page_id`;
}

/** Those that are not there. Somebody else may be adding them right now, and is renewed by who comes later. */
function addPages(columns: PageColumns): string {
  const id = columnOf(columns, 'id');
  const values = {
    ...(id.isFilled ? {} : { id: 'gen_random_uuid()' }),
    facebook_page_id: cast(columns, 'facebook_page_id'),
    name: cast(columns, 'name'),
    [tokenColumnOf(columns)]: 'input.access_token',
    instagram_account_id: cast(columns, 'instagram_account_id'),
    instagram_checked_at: 'now()',
    is_active: 'true',
  };
  return `
INSERT INTO facebook_pages (${Object.keys(values).join(', ')})
SELECT ${Object.values(values).join(', ')} FROM (${INPUT}) AS input
WHERE NOT EXISTS (SELECT FROM facebook_pages AS page WHERE page.facebook_page_id::text = input.facebook_page_id)
ON CONFLICT (facebook_page_id) DO NOTHING`;
}

/** Columns of its owner that a new row would need a value in. */
function findUnfilled(columns: PageColumns): readonly string[] {
  const filled = new Set([...FILLED, tokenColumnOf(columns)]);
  return [...columns.values()]
    .filter(({ name, isNullable, isFilled }) => !isNullable && !isFilled && !filled.has(name))
    .map(({ name }) => name);
}

export async function savePages(
  database: Database,
  cipher: TokenCipher,
  pages: readonly PageToSave[],
): Promise<SavedPages> {
  const distinct = [...new Map(pages.map((page) => [page.facebookPageId, page])).values()];
  const facebookPageIds = distinct.map((page) => page.facebookPageId);
  const input = [
    facebookPageIds,
    distinct.map((page) => toText(page.name) ?? null),
    distinct.map((page) => cipher.encrypt(page.token, page.facebookPageId)),
    distinct.map((page) => page.instagramAccountId ?? null),
  ];
  return database.transaction(async (query) => {
    const columns = await findPageColumns(query);
    const unfilled = findUnfilled(columns);
    await query(CONNECT_CHANNELS, [facebookPageIds]);
    if (unfilled.length === 0) await query(addPages(columns), input);
    await query(renewPages(columns), input);
    const saved = await findPagesByFacebookId({ query }, facebookPageIds);
    const known = new Set(saved.map((page) => page.facebookPageId));
    const reason =
      `Your table facebook_pages needs a value in ${unfilled.join(', ')}, which Facebook does not tell. ` +
      'Let your program add the Page to the table, then connect it again.';
    return {
      saved,
      refused: distinct
        .filter(({ facebookPageId }) => !known.has(facebookPageId))
        .map(({ facebookPageId, name }) => ({ facebookPageId, name, reason })),
    };
  });
}
