/**
 * What has to be known of a server before anything is asked of it, and what it must be like: asked once for each pool,
 * in SQL that means the same whatever the session is set to.
 */
import { TidemarkError } from '../core/errors.ts';

export interface ServerFacts {
  /** `server_version_num`, such as 170004. */
  readonly version: number;
  /** As people write it, such as 17.4. */
  readonly versionName: string;
  /** Where names are looked for, in order; the first one takes what is made. Pinned: a role may be altered meanwhile. */
  readonly schemas: readonly string[];
  /** As it was set, for messages. */
  readonly searchPath: string;
  /** Of the database. */
  readonly encoding: string;
  /** `origin`, unless somebody has turned off triggers and foreign keys. */
  readonly replicationRole: string;
  /** How it is with the schema that a setting names; `usable` as well when none does. */
  readonly schemaState: 'usable' | 'missing' | 'closed';
}

/** $1 the schema of the setting, or null. One text, in JSON: no setting changes how that is printed. */
export const ASK_FACTS = `SELECT pg_catalog.json_build_object(
  'version', pg_catalog.current_setting('server_version_num')::integer,
  'versionName', pg_catalog.current_setting('server_version'),
  'schemas', pg_catalog.to_json(pg_catalog.current_schemas(false)),
  'searchPath', pg_catalog.current_setting('search_path'),
  'encoding', pg_catalog.current_setting('server_encoding'),
  'replicationRole', pg_catalog.current_setting('session_replication_role'),
  'schemaState', CASE WHEN $1::pg_catalog.text IS NULL THEN 'usable'
    ELSE coalesce((SELECT CASE WHEN pg_catalog.has_schema_privilege(oid, 'USAGE') THEN 'usable' ELSE 'closed' END
                   FROM pg_catalog.pg_namespace
                   WHERE nspname OPERATOR(pg_catalog.=) $1::pg_catalog.text::pg_catalog.name), 'missing') END)::text AS facts`;

/** `schema` is the one of the setting: it comes first, and alone when it is not there, so that no other takes its place. */
export function toFacts(text: string, schema?: string): ServerFacts {
  const facts = JSON.parse(text) as ServerFacts;
  // It comes first anyway, unless it is named: then names of others would come before it.
  const schemas = facts.schemas.filter((name) => name !== 'pg_catalog');
  if (schema === undefined) return { ...facts, schemas };
  const others = facts.schemaState === 'usable' ? schemas.filter((name) => name !== schema) : [];
  return { ...facts, schemas: [schema, ...others] };
}

const OLDEST_SERVER = 150_000;

/** Takes what a server said of itself, and the search_path that was asked for. Errors: DATABASE_UNSUPPORTED. */
export function requireSupportedServer(facts: ServerFacts, askedSchema: string | undefined): void {
  const fault = findFault(facts, askedSchema);
  if (fault !== undefined) throw new TidemarkError('DATABASE_UNSUPPORTED', fault);
}

function findFault(facts: ServerFacts, askedSchema: string | undefined): string | undefined {
  const [schema] = facts.schemas;
  if (!(facts.version >= OLDEST_SERVER)) return `The database is PostgreSQL ${facts.versionName}; 15 is the oldest.`;
  if (facts.encoding !== 'UTF8') {
    return (
      `The database has the encoding ${facts.encoding}, which can't hold every character that people write. ` +
      `Make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and set DATABASE_URL to it.`
    );
  }
  if (facts.replicationRole !== 'origin') {
    return (
      `The database user has session_replication_role = ${facts.replicationRole}, which turns off triggers and foreign ` +
      'keys. Take it away with ALTER ROLE … RESET session_replication_role.'
    );
  }
  if (facts.schemaState === 'closed') {
    return `This database user may not use the schema "${schema}" (TIDEMARK_SCHEMA): GRANT USAGE, CREATE ON SCHEMA …`;
  }
  if (schema === undefined) {
    return (
      `No schema of the search_path (${facts.searchPath || 'empty'}) is there, or this user may not use it. ` +
      'Make it with CREATE SCHEMA, or give the user another one with ALTER ROLE … SET search_path.'
    );
  }
  if (askedSchema !== undefined && askedSchema !== schema) {
    return (
      `DATABASE_URL asks for the schema "${askedSchema}", but the connection landed in "${schema}"; nothing was made there. ` +
      `Either there is no schema "${askedSchema}", or a pooler in between drops the option: ` +
      'set TIDEMARK_SCHEMA instead, or give it to the user with ALTER ROLE … SET search_path.'
    );
  }
  return undefined;
}
