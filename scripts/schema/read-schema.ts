/** Reads what a schema consists of out of PostgreSQL's catalogs, as plain data: the same for every server version. */

export interface SchemaColumn {
  readonly name: string;
  readonly type: string;
  /** As an SQL expression. */
  readonly default: string | null;
  readonly isNullable: boolean;
  readonly comment: string | null;
}

export interface SchemaConstraint {
  readonly name: string;
  readonly kind: 'primary key' | 'unique' | 'check' | 'foreign key';
  /** As SQL. */
  readonly definition: string;
}

export interface SchemaTable {
  readonly name: string;
  readonly comment: string | null;
  readonly columns: readonly SchemaColumn[];
  readonly constraints: readonly SchemaConstraint[];
  /** As SQL; without those that serve a constraint. */
  readonly indexes: readonly string[];
  readonly triggers: readonly string[];
  /** What the triggers call, as SQL without the schema: it is set to the one of the table. */
  readonly functions: readonly string[];
  readonly policies: readonly string[];
  readonly hasRowSecurity: boolean;
  /** Whether the rows are hidden from the owner as well. */
  readonly forcesRowSecurity: boolean;
}

/** Runs one statement and gives its rows. */
export type Query = (sql: string) => Promise<readonly object[]>;

const LIST_TABLES = `
SELECT relname AS name,
       obj_description(pg_class.oid, 'pg_class') AS comment,
       relrowsecurity AS "hasRowSecurity",
       relforcerowsecurity AS "forcesRowSecurity",
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
          'name', attname,
          'type', format_type(atttypid, atttypmod),
          'default', pg_get_expr(adbin, adrelid),
          'isNullable', NOT attnotnull,
          'comment', col_description(attrelid, attnum)) ORDER BY attnum), '[]')
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped) AS columns,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
          'name', conname,
          'kind', CASE contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique'
                               WHEN 'c' THEN 'check' ELSE 'foreign key' END,
          'definition', pg_get_constraintdef(oid, true)) ORDER BY contype DESC, conname), '[]')
        FROM pg_constraint
        WHERE conrelid = pg_class.oid AND contype IN ('p', 'u', 'c', 'f')) AS constraints,
       (SELECT coalesce(jsonb_agg(pg_get_indexdef(indexrelid, 0, true) ORDER BY indexrelid::regclass::text), '[]')
        FROM pg_index
        WHERE indrelid = pg_class.oid
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))) AS indexes,
       (SELECT coalesce(jsonb_agg(pg_get_triggerdef(oid, true) ORDER BY tgname), '[]')
        FROM pg_trigger WHERE tgrelid = pg_class.oid AND NOT tgisinternal) AS triggers,
       (SELECT coalesce(jsonb_agg(DISTINCT replace(replace(
          pg_get_functiondef(tgfoid),
          format('FUNCTION %I.', current_schema()), 'FUNCTION '),
          format(E'\\n SET search_path TO %L, ''pg_temp''', current_schema()), '')), '[]')
        FROM pg_trigger WHERE tgrelid = pg_class.oid AND NOT tgisinternal) AS functions,
       (SELECT coalesce(jsonb_agg(polname ORDER BY polname), '[]')
        FROM pg_policy WHERE polrelid = pg_class.oid) AS policies
FROM pg_class
WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relkind IN ('r', 'p')
ORDER BY relname`;

/** Every table of the connection's current schema, by name. */
export async function readSchema(query: Query): Promise<readonly SchemaTable[]> {
  return (await query(LIST_TABLES)) as readonly SchemaTable[];
}
