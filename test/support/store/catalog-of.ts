/**
 * A schema as PostgreSQL's catalogs and the rows tell it, object by object, so that what was there before can be held
 * against what is there after. For tests only.
 */
import type { Database } from '../../../src/store/connect.ts';

/** By the name of an object: everything that its owner could have said of it. */
export type Catalog = ReadonlyMap<string, unknown>;

const RELATIONS = `
SELECT relname AS name, jsonb_build_object(
         'kind', relkind, 'persistence', relpersistence, 'security', relrowsecurity, 'forced', relforcerowsecurity,
         'owner', relowner::regrole, 'rights', relacl::text, 'options', reloptions,
         'comment', obj_description(pg_class.oid, 'pg_class')) AS object
FROM pg_class WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
UNION ALL
SELECT relname || '.' || attname, jsonb_build_object(
         'type', format_type(atttypid, atttypmod), 'notNull', attnotnull, 'default', pg_get_expr(adbin, adrelid),
         'identity', attidentity, 'generated', attgenerated, 'collation', attcollation, 'rights', attacl::text,
         'place', attnum, 'comment', col_description(attrelid, attnum))
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') AND attnum > 0
  AND NOT attisdropped
UNION ALL
SELECT 'constraint ' || conname || ' of ' || conrelid::regclass, jsonb_build_object(
         'definition', pg_get_constraintdef(oid), 'isValid', convalidated)
FROM pg_constraint WHERE connamespace = quote_ident(current_schema())::regnamespace AND conrelid <> 0
UNION ALL
SELECT 'index ' || indexname, to_jsonb(indexdef) FROM pg_indexes WHERE schemaname = current_schema()
UNION ALL
SELECT 'trigger ' || tgname || ' of ' || tgrelid::regclass, jsonb_build_object(
         'definition', pg_get_triggerdef(pg_trigger.oid), 'state', tgenabled)
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE relnamespace = quote_ident(current_schema())::regnamespace AND NOT tgisinternal
UNION ALL
SELECT 'policy ' || policyname || ' of ' || tablename, to_jsonb(pg_policies) FROM pg_policies
WHERE schemaname = current_schema()
UNION ALL
SELECT 'rule ' || rulename || ' of ' || tablename, to_jsonb(definition) FROM pg_rules WHERE schemaname = current_schema()
UNION ALL
SELECT 'view ' || viewname, to_jsonb(definition) FROM pg_views WHERE schemaname = current_schema()
UNION ALL
SELECT 'routine ' || proname, to_jsonb(pg_get_functiondef(oid)) FROM pg_proc
WHERE pronamespace = quote_ident(current_schema())::regnamespace AND prokind IN ('f', 'p')
ORDER BY 1`;

/** Everything in the current schema. */
export async function catalogOf(database: Database): Promise<Catalog> {
  const rows = await database.query<{ name: string; object: unknown }>(RELATIONS);
  return new Map(rows.map(({ name, object }) => [name, object]));
}

/** The rows of the tables, as texts, with nothing but these columns. `table`.`column` names each. */
export async function rowsOf(database: Database, columns: readonly string[]): Promise<Record<string, unknown>> {
  const tables = Map.groupBy(
    columns.map((name) => name.split('.')),
    ([table = '']) => table,
  );
  const found: Record<string, unknown> = {};
  for (const [table, names] of tables) {
    const list = names.map(([, column = '']) => `"${column}"::text`).join(', ');
    found[table] = await database.query(`SELECT ${list} FROM "${table}" ORDER BY ${list}`);
  }
  return found;
}
