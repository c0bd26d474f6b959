/**
 * What a migration would meet in a database that others use too, said before anything is changed. Whatever has a name
 * that we need is in the way; a facebook_pages table of another program is adopted where it can be. Only catalogs are
 * read here, and what is counted of facebook_pages.
 */
import type { Database } from './connect.ts';
import type { MadeName } from './made-names.ts';

export interface MigrationFinding extends Record<string, unknown> {
  /** change: what is done to a table that is there · obstacle: why it cannot be done · notice: what is good to know. */
  readonly kind: 'change' | 'obstacle' | 'notice';
  readonly sentence: string;
}

const ELSEWHERE = 'or set TIDEMARK_SCHEMA to a schema of its own, such as tidemark';

/**
 * What the columns of an adopted facebook_pages must be, by the name or the category of their type; which of them must
 * be able to be empty; and which are written.
 */
const FIT = `(VALUES
    ('id', '{uuid}'::text[], 'uuid', false, false),
    ('facebook_page_id', '{S,int8,numeric}', 'text or bigint', false, false),
    ('name', '{S}', 'text', false, true),
    ('access_token', '{S}', 'text', false, false),
    ('instagram_account_id', '{S,int8,numeric}', 'text or bigint', true, true),
    ('is_active', '{bool}', 'boolean', false, true),
    ('last_synced_at', '{timestamptz,timestamp}', 'timestamptz', true, true)
  ) AS fit (name, types, words, may_be_null, is_written)`;

/** Columns of the first migration, which an adopted table may have already. */
const FIRST_COLUMNS = `'{user_id,name,access_token,instagram_account_id,is_active,status,status_detail,last_synced_at,created_at,updated_at}'::text[]`;

/** Ours beside one of its owner, and the one that it stands beside. */
const BESIDE = `(VALUES
    ('sync_status', 'status'), ('sync_status_detail', 'status_detail'),
    ('access_token_encrypted', 'access_token'), ('access_token_digest', 'access_token')
  ) AS beside (name, of)`;

/** `names`: what all migrations make, as JSON. `applied`: a query of the versions that are there. */
const FINDINGS = ({ names, applied }: Record<'names' | 'applied', string>) => `
WITH applied AS (
  ${applied}
), named AS (
  SELECT * FROM jsonb_to_recordset(${names}::jsonb) AS named (version integer, kind text, name text, of_table text)
), made AS (
  SELECT DISTINCT kind, name, of_table FROM named
  WHERE version NOT IN (SELECT version FROM applied) AND NOT EXISTS (
    SELECT FROM named AS before
    WHERE before.version IN (SELECT version FROM applied) AND before.kind = named.kind AND before.name = named.name
      AND before.of_table IS NOT DISTINCT FROM named.of_table)
), here AS (
  SELECT oid, nspname AS name FROM pg_namespace WHERE nspname = current_schema()
), relations AS (
  SELECT class.oid, relname AS name, relkind, relowner, relpersistence,
         CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
                      WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' WHEN 'S' THEN 'sequence'
                      WHEN 'c' THEN 'type' ELSE 'index' END AS what
  FROM pg_class AS class JOIN here ON relnamespace = here.oid
), pages AS (
  SELECT relations.* FROM relations
  WHERE name = 'facebook_pages' AND relkind = 'r'
    AND EXISTS (SELECT FROM made WHERE made.kind = 'table' AND made.name = 'facebook_pages')
), theirs AS (
  SELECT attname AS name, attnum, format_type(atttypid, atttypmod) AS type, attnotnull, attgenerated,
         atthasdef OR attidentity <> '' AS is_filled, base.typname, base.typcategory
  FROM pages JOIN pg_attribute ON attrelid = pages.oid AND attnum > 0 AND NOT attisdropped
  JOIN pg_type AS own ON own.oid = atttypid
  JOIN pg_type AS base ON base.oid = CASE WHEN own.typtype = 'd' THEN own.typbasetype ELSE own.oid END
), added AS (
  SELECT unnest(${FIRST_COLUMNS}) AS name
  UNION SELECT made.name FROM made WHERE made.kind = 'column' AND made.of_table = 'facebook_pages'
    AND NOT EXISTS (SELECT FROM ${BESIDE} WHERE beside.name = made.name AND beside.of NOT IN (SELECT name FROM theirs))
  EXCEPT SELECT name FROM theirs
), taken AS (
  SELECT made.name, relations.what FROM made JOIN relations ON relations.name = made.name
  WHERE made.kind IN ('table', 'view', 'index') AND relations.oid NOT IN (SELECT oid FROM pages)
    AND NOT EXISTS (SELECT FROM pg_index JOIN pages ON indrelid = pages.oid WHERE indexrelid = relations.oid)
  UNION SELECT made.name, 'type' FROM made JOIN here ON true JOIN pg_type ON typnamespace = here.oid AND typname = made.name
  WHERE made.kind IN ('table', 'view') AND typrelid = 0
  UNION SELECT made.name, 'function' FROM made JOIN here ON true JOIN pg_proc ON pronamespace = here.oid AND proname = made.name
  WHERE made.kind = 'function'
)
SELECT kind, sentence FROM (
  SELECT 10 AS place, 'obstacle' AS kind, name, format(
    'There is %s %s %I already, and it is not Tidemark''s. Rename it (ALTER %s %I RENAME TO …), ${ELSEWHERE}.',
    CASE what WHEN 'index' THEN 'an' ELSE 'a' END, what, name, upper(replace(what, 'partitioned ', '')), name) AS sentence
  FROM taken
  UNION ALL SELECT 11, 'obstacle', made.name, format(
    'The column %I.%I is there already, and it is not Tidemark''s. Rename it (ALTER TABLE %I RENAME COLUMN %I TO …), ${ELSEWHERE}.',
    made.of_table, made.name, made.of_table, made.name)
  FROM made JOIN relations ON relations.name = made.of_table
  JOIN pg_attribute ON attrelid = relations.oid AND attname = made.name AND NOT attisdropped
  WHERE made.kind = 'column' AND (made.of_table <> 'facebook_pages' OR made.name <> ALL (${FIRST_COLUMNS}))
    AND (made.of_table = 'facebook_pages' OR made.of_table NOT IN (SELECT name FROM taken))
  UNION ALL SELECT 12, 'obstacle', 'id', 'The table facebook_pages has no column id. Add it (ALTER TABLE facebook_pages '
    'ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid()), ${ELSEWHERE}.'
  FROM pages WHERE 'id' NOT IN (SELECT name FROM theirs)
  UNION ALL SELECT 12, 'obstacle', 'facebook_page_id', 'The table facebook_pages has no column facebook_page_id. Add it, '
    'filled with Facebook''s id of each Page, ${ELSEWHERE}.'
  FROM pages WHERE 'facebook_page_id' NOT IN (SELECT name FROM theirs)
  UNION ALL SELECT 13, 'obstacle', name, format(
    'The column facebook_pages.%I is %s, but Tidemark needs %s. Change its type or rename it, ${ELSEWHERE}.', name, type, words)
  FROM theirs JOIN ${FIT} USING (name) WHERE typname <> ALL (types) AND typcategory::text <> ALL (types)
  UNION ALL SELECT 14, 'obstacle', name, format(
    'The column facebook_pages.%I is never null, but Tidemark has to empty it. Allow null (ALTER TABLE facebook_pages '
    'ALTER COLUMN %I DROP NOT NULL) or rename it, ${ELSEWHERE}.', name, name)
  FROM theirs JOIN ${FIT} USING (name) WHERE may_be_null AND attnotnull
  UNION ALL SELECT 14, 'obstacle', name, 'The column facebook_pages.id may be null, but other tables refer to it. Fill it, and '
    'forbid null (ALTER TABLE facebook_pages ALTER COLUMN id SET NOT NULL), ${ELSEWHERE}.'
  FROM theirs WHERE name = 'id' AND NOT attnotnull
  UNION ALL SELECT 14, 'obstacle', name, format(
    'The column facebook_pages.%I is computed by PostgreSQL, but Tidemark has to write it. Rename it, ${ELSEWHERE}.', name)
  FROM theirs JOIN ${FIT} USING (name) WHERE is_written AND attgenerated <> ''
  UNION ALL SELECT 15, 'obstacle', name, 'The table facebook_pages is unlogged or temporary, so no other table can refer to it. '
    'Make it a lasting one (ALTER TABLE facebook_pages SET LOGGED), ${ELSEWHERE}.'
  FROM pages WHERE relpersistence <> 'p'
  UNION ALL SELECT 16, 'obstacle', name, format(
    'The table facebook_pages belongs to %s, and only its owner may add columns (permission denied). Connect as its owner, ${ELSEWHERE}.',
    relowner::regrole)
  FROM pages WHERE NOT pg_has_role(relowner, 'USAGE')
  UNION ALL SELECT 17, 'obstacle', name, format(
    'This database user may make nothing in the schema %I (permission denied). Allow it (GRANT CREATE ON SCHEMA %I TO %I), ${ELSEWHERE}.',
    name, name, current_user)
  FROM here WHERE NOT has_schema_privilege(oid, 'CREATE') AND EXISTS (SELECT FROM made)

  UNION ALL SELECT 20, 'change', '', format('It adds to the table facebook_pages: %s.', string_agg(name, ', ' ORDER BY name))
  FROM added WHERE EXISTS (SELECT FROM pages) HAVING count(*) > 0
  UNION ALL SELECT 21, 'change', '', format('It adds to the table facebook_pages a unique index on (%I)%s.', keys.name,
    CASE keys.name WHEN 'id' THEN '' ELSE ': your program can then hold each Page once only' END)
  FROM unnest('{facebook_page_id,id}'::text[]) AS keys (name) JOIN pages ON true
  WHERE NOT EXISTS (
    SELECT FROM pg_index WHERE indrelid = pages.oid AND indisunique AND indimmediate AND indisvalid
      AND indpred IS NULL AND indexprs IS NULL AND indnkeyatts = 1
      AND indkey[0] = (SELECT attnum FROM theirs WHERE theirs.name = keys.name))
  UNION ALL SELECT 22, 'change', '', 'It adds to the table facebook_pages an index on (last_synced_at) and three triggers '
    'named tidemark_…, which keep last_synced_at and the status right.'
  FROM pages

  UNION ALL SELECT 30, 'notice', '', format('The other columns of facebook_pages stay as they are: %s.',
    string_agg(name, ', ' ORDER BY attnum))
  FROM theirs WHERE name <> 'last_synced_at' HAVING count(*) > 0
  UNION ALL SELECT 31, 'notice', name, format('The column facebook_pages.%I keeps its meaning; Tidemark''s own is sync_%I.', name, name)
  FROM theirs WHERE name IN ('status', 'status_detail')
  UNION ALL SELECT 31, 'notice', name, 'The column facebook_pages.access_token is read and never written: it stays plain. '
    'Tidemark''s own encrypted copy is access_token_encrypted; the newer of the two is used.'
  FROM theirs WHERE name = 'access_token'
  UNION ALL SELECT 32, 'notice', name, format(
    'The column facebook_pages.%I needs a value and has no default: Tidemark syncs the Pages that are in the table, but cannot add '
    'one. Give it a default (ALTER TABLE facebook_pages ALTER COLUMN %I SET DEFAULT …), or let your program add the Pages.',
    name, name)
  FROM theirs WHERE attnotnull AND NOT is_filled
    AND name NOT IN ('id', 'facebook_page_id', 'name', 'instagram_account_id', 'is_active', 'last_synced_at')
  UNION ALL SELECT 33, 'notice', name, format(
    'The column facebook_pages.%I is %s and no uuid, so it cannot say which user of Supabase a Page belongs to.', name, type)
  FROM theirs WHERE name = 'user_id' AND typname <> 'uuid'
  UNION ALL SELECT 34, 'notice', tgname, format(
    'The trigger %I of facebook_pages runs when Tidemark writes a Page, as it does after every sync: what it refuses, fails.', tgname)
  FROM pages JOIN pg_trigger ON tgrelid = pages.oid AND NOT tgisinternal
  UNION ALL SELECT 34, 'notice', rulename, format(
    'The rule %I of facebook_pages also holds for what Tidemark writes: what it turns into something else, is lost.', rulename)
  FROM pages JOIN pg_rewrite ON ev_class = pages.oid
  UNION ALL SELECT 35, 'notice', conname, format(
    'The constraint %I of facebook_pages also holds for what Tidemark writes: %s.', conname, pg_get_constraintdef(pg_constraint.oid))
  FROM pages JOIN pg_constraint ON conrelid = pages.oid AND contype IN ('c', 'x') AND EXISTS (
    SELECT FROM theirs JOIN ${FIT} USING (name) WHERE is_written AND attnum = ANY (conkey))
) AS findings
ORDER BY place, name, sentence`;

/** Of a facebook_pages table that has the columns. */
const DATA_FINDINGS = `
SELECT 'obstacle' AS kind, format(
  'The table facebook_pages holds these Pages more than once: %s. Keep one row of each.', string_agg(id, ', ' ORDER BY id)) AS sentence
FROM (
  SELECT facebook_page_id::text AS id FROM facebook_pages WHERE facebook_page_id IS NOT NULL
  GROUP BY facebook_page_id HAVING count(*) > 1 ORDER BY facebook_page_id LIMIT 20
) AS repeated HAVING count(*) > 0
UNION ALL SELECT 'obstacle', format(
  'The table facebook_pages holds these ids more than once: %s. Give each row one of its own.', string_agg(id, ', ' ORDER BY id))
FROM (SELECT id::text AS id FROM facebook_pages GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 20) AS repeated
HAVING count(*) > 0
UNION ALL SELECT 'obstacle', format(
  'The table facebook_pages holds rows without a facebook_page_id (%s). Fill it, or delete them.', count(*))
FROM facebook_pages WHERE facebook_page_id IS NULL HAVING count(*) > 0
UNION ALL SELECT 'obstacle', 'The table facebook_pages holds empty texts in instagram_account_id, which stand for no account. '
  'Put null there (UPDATE facebook_pages SET instagram_account_id = NULL WHERE instagram_account_id = '''').'
FROM facebook_pages AS page WHERE to_jsonb(page) ->> 'instagram_account_id' = '' HAVING count(*) > 0`;

/** What the migrations that are missing would meet. `names`: what all of them make. Changes nothing. */
export async function findMigrationFindings(
  query: Database['query'],
  { names, applied }: { readonly names: readonly MadeName[]; readonly applied: readonly number[] },
): Promise<readonly MigrationFinding[]> {
  const sql = FINDINGS({ names: '$1', applied: 'SELECT unnest($2::integer[]) AS version' });
  const findings = await query<MigrationFinding>(sql, [toJson(names), applied]);
  const mayBeRead = findings.every(({ kind }) => kind !== 'obstacle');
  if (!mayBeRead || applied.length > 0 || !(await hasPages(query))) return findings;
  return [...(await query<MigrationFinding>(DATA_FINDINGS)), ...findings];
}

async function hasPages(query: Database['query']): Promise<boolean> {
  const sql = `SELECT FROM pg_class WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relname = 'facebook_pages'`;
  return (await query(sql)).length > 0;
}

/** The same in SQL for a script that may run twice: it fails with what is in the way of what is not made yet. */
export function renderRefusal(names: readonly MadeName[]): string {
  const sql = FINDINGS({ names: `'${toJson(names)}'`, applied: 'SELECT version FROM tidemark_migrations' });
  return `DO $tidemark$
DECLARE
  in_the_way text;
BEGIN
  SELECT string_agg(sentence, ' ') INTO in_the_way FROM (${sql}) AS findings WHERE kind = 'obstacle';
  IF in_the_way IS NULL AND to_regclass(format('%I.facebook_pages', current_schema())) IS NOT NULL
     AND NOT EXISTS (SELECT FROM tidemark_migrations) THEN
    SELECT string_agg(sentence, ' ') INTO in_the_way FROM (${DATA_FINDINGS}) AS findings;
  END IF;
  IF in_the_way IS NOT NULL THEN
    RAISE EXCEPTION 'Nothing was changed. %', in_the_way;
  END IF;
END $tidemark$;`;
}

function toJson(names: readonly MadeName[]): string {
  return JSON.stringify(names.map(({ table, ...rest }) => ({ ...rest, of_table: table })));
}
