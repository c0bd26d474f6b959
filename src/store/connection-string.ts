/**
 * The connection string as the driver gets it: `sslmode` means what it means to psql, and nothing in it is ignored in
 * silence. Nothing here may quote its values: one of them is a password.
 */
import { TidemarkError } from '../core/errors.ts';

export interface ConnectionTarget {
  /** For the driver. */
  readonly connectionString: string;
  /** Whether a server without TLS may be spoken to in clear. */
  readonly mayBePlain: boolean;
  /** First schema of the search_path that it asks for. */
  readonly askedSchema: string | undefined;
}

/** What the driver understands, and what is true anyway. */
const HONOURED = new Set([
  'application_name',
  'fallback_application_name',
  'host',
  'options',
  'password',
  'port',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslnegotiation',
  'sslrootcert',
  'user',
  // Said by Supabase's and Prisma's strings: a pooler is always reckoned with.
  'pgbouncer',
]);
const CURES = new Map([
  ['schema', 'set TIDEMARK_SCHEMA instead, or write options=-c%20search_path%3DNAME'],
  ['currentSchema', 'set TIDEMARK_SCHEMA instead, or write options=-c%20search_path%3DNAME'],
  ['search_path', 'set TIDEMARK_SCHEMA instead, or write options=-c%20search_path%3DNAME'],
  ['connection_limit', 'set DATABASE_CONNECTIONS instead'],
]);
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/** Errors: INVALID_SETTING. */
export function readConnectionString(text: string, sslModeOfEnvironment = process.env['PGSSLMODE']): ConnectionTarget {
  const url = URL.parse(text);
  if (url === null) {
    throw new TidemarkError('INVALID_SETTING', 'The connection string of the database cannot be read (DATABASE_URL).');
  }
  const { searchParams } = url;
  requireHonoured([...new Set(searchParams.keys())]);
  const mode = readSslMode(searchParams, sslModeOfEnvironment || undefined);
  const mayBePlain = mode === 'allow' || mode === 'prefer';
  // On this machine there is nobody in between.
  const isPlain = mode === 'disable' || (mayBePlain && isLocal(url));
  searchParams.set('sslmode', isPlain ? 'disable' : toDriversMode(mode));
  searchParams.set('uselibpqcompat', 'true');
  // Of PostgreSQL 16: the authorities that the system trusts, which the driver takes when none is named.
  if (searchParams.get('sslrootcert') === 'system') searchParams.delete('sslrootcert');
  return { connectionString: url.href, mayBePlain, askedSchema: findAskedSchema(searchParams.get('options')) };
}

/** The same without TLS, for a server that has none. */
export function withoutTls(connectionString: string): string {
  const url = new URL(connectionString);
  url.searchParams.set('sslmode', 'disable');
  return url.href;
}

function requireHonoured(names: readonly string[]): void {
  const ignored = names.filter((name) => !HONOURED.has(name));
  if (ignored.length === 0) return;
  const sentences = ignored.map((name) => {
    const cure = CURES.get(name);
    return `"${name}" has no effect in a connection string here${cure === undefined ? '; take it out' : `: ${cure}`}`;
  });
  throw new TidemarkError('INVALID_SETTING', `DATABASE_URL: ${sentences.join('. ')}.`);
}

function readSslMode(searchParams: URLSearchParams, fromEnvironment: string | undefined): string {
  const mode = searchParams.get('sslmode') ?? fromEnvironment ?? 'prefer';
  if (!SSL_MODES.includes(mode)) {
    throw new TidemarkError('INVALID_SETTING', `DATABASE_URL: sslmode must be one of ${SSL_MODES.join(', ')}.`);
  }
  const rootCertificate = searchParams.get('sslrootcert');
  if (mode === 'verify-ca' && (rootCertificate === null || rootCertificate === 'system')) {
    throw new TidemarkError(
      'INVALID_SETTING',
      'DATABASE_URL: sslmode=verify-ca needs sslrootcert=/path/to/ca.crt beside it; ' +
        'for a certificate of a public authority use sslmode=verify-full.',
    );
  }
  return mode;
}

function toDriversMode(mode: string): string {
  if (mode === 'no-verify') return 'require';
  return mode === 'allow' ? 'prefer' : mode;
}

function isLocal(url: URL): boolean {
  const host = url.searchParams.get('host') ?? url.hostname;
  return host === '' || host.startsWith('/') || /^%2f/i.test(host) || /^(localhost|127\..*|\[?::1\]?)$/.test(host);
}

/** Of `-c search_path=NAME,…` or `--search_path=NAME,…`. */
function findAskedSchema(options: string | null): string | undefined {
  const [, path] = /(?:-c\s*|--)search_path=((?:\\.|[^\s\\])+)/.exec(options ?? '') ?? [];
  const first = path?.replaceAll(/\\(.)/g, '$1').split(',')[0]?.trim();
  if (first === undefined || first === '' || first === '"$user"' || first === '$user') return undefined;
  return first.startsWith('"') ? first.slice(1, -1).replaceAll('""', '"') : first.toLowerCase();
}
