/**
 * Failures of PostgreSQL and of the way to it, as errors of the catalogue. What a caller could not have foreseen stays
 * as it is. Nothing here may quote a connection string: it holds a password.
 */
import { isTidemarkError, TidemarkError } from '../core/errors.ts';
import { isInRoutine, toDataRefusal } from './refused-data.ts';

/** Classes of SQLSTATE, and errors of the network, after which the same statement may work a little later. */
const AWAY_STATES = /^(08|53|57P|58)/;
const AWAY_ERRORS = /^(ECONN|EPIPE|ENOTFOUND|EAI_|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)/;
const AWAY_MESSAGES = /connection terminated|connection ended|not queryable|query read timeout|timeout expired/i;
/** Serialization failure, deadlock: the transaction did nothing, and may as well be begun again. */
const VOID_STATES = new Set(['40001', '40P01']);
/** The server ends the connection: it was told to, another process of it has crashed, or nobody used it for long. */
const CUT_OFF_STATES = new Set(['57P01', '57P02', '57P05']);
const BROKEN_ERRORS = /^(ECONNRESET|EPIPE)$/;
const BROKEN_MESSAGES = /connection terminated|not queryable/i;
/** What poolers say when they have no connection left for us; the server itself says 53300. */
const FULL_MESSAGES = /max clients|max_client_conn|client connections? reached|too many clients/i;
/** Serialization failure, deadlock, lock timeout, statement timeout: the statement did nothing, and may next time. */
const BUSY_STATES = new Set(['40001', '40P01', '55P03', '57014']);
const TLS_ERRORS = /CERT|^ERR_(TLS|SSL)|^UNABLE_TO_|^EPROTO$/;
const TLS_MESSAGES = /does not support SSL|SSL connection/i;
/** PgBouncer's, of settings in the connection string: its server connections are shared, so it takes none for one client. */
const POOLER_MESSAGE = /unsupported startup parameter/i;
const REFUSED_STATES = new Map([
  ['25006', 'it is read-only'],
  ['28P01', 'it refuses the password'],
  ['28000', 'it refuses the user'],
  ['3D000', 'it has no such database'],
  ['42501', 'the user lacks a privilege'],
]);

const RETRY_AFTER_MS = 5000;

export function toDatabaseError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  const cause = { cause: error };
  const later = { ...cause, retryAfterMs: RETRY_AFTER_MS };
  // Of several addresses tried in vain, only the code is left to say.
  const detail = error.message || code;

  if (code === 'ERR_INVALID_URL') {
    return new TidemarkError('INVALID_SETTING', 'The connection string of the database cannot be read (DATABASE_URL).');
  }
  const mayPass = BUSY_STATES.has(code) || AWAY_STATES.test(code);
  // In a function of the owner, whatever it lacks is not ours to bring.
  if (isInRoutine(error) && !mayPass) return toDataRefusal(error);
  if (code === '42P01' || code === '42703') {
    return new TidemarkError('SCHEMA_MISSING', `The database lacks a table or column: ${detail}.`, cause);
  }
  if (code === '23503' && 'constraint' in error && String(error.constraint).endsWith('_page_id_fkey')) {
    return new TidemarkError('PAGE_NOT_FOUND', 'The Page was removed while something of it was being written.', cause);
  }
  if (code === '22021') {
    return new TidemarkError('INVALID_INPUT', 'A text holds the character NUL, which PostgreSQL cannot hold.', cause);
  }
  if (BUSY_STATES.has(code)) {
    return new TidemarkError('DATABASE_UNAVAILABLE', `The database is too busy: ${detail}.`, later);
  }
  const refused = mayPass ? undefined : toDataRefusal(error);
  if (refused !== undefined) return refused;
  const refusal = REFUSED_STATES.get(code) ?? toRefusal(code, error.message);
  if (refusal !== undefined) {
    return new TidemarkError('DATABASE_UNAVAILABLE', `The database cannot be used: ${refusal} (${detail}).`, cause);
  }
  const isFatal = 'severity' in error && (error.severity === 'FATAL' || error.severity === 'PANIC');
  if (isFatal || AWAY_STATES.test(code) || AWAY_ERRORS.test(code) || AWAY_MESSAGES.test(error.message)) {
    return new TidemarkError('DATABASE_UNAVAILABLE', `The database cannot be reached: ${detail}.`, later);
  }
  return error;
}

/** Whether a transaction failed because of others, did nothing, and may be begun again at once. */
export function didNothing(error: unknown): boolean {
  return findStates(error).some((state) => VOID_STATES.has(state));
}

export function wasCutOff(error: unknown): boolean {
  return findStates(error).some((state) => CUT_OFF_STATES.has(state));
}

/** Whether the connection has ended, as far as can be seen from here. */
export function isBroken(error: unknown): boolean {
  if (wasCutOff(error) || findStates(error).some((state) => BROKEN_ERRORS.test(state))) return true;
  return error instanceof Error && BROKEN_MESSAGES.test(error.message);
}

/** Whether nothing came back in time: the connection, and others of its age, may lead nowhere. */
export function isSilence(error: unknown): boolean {
  const reason = isTidemarkError(error) ? error.cause : error;
  return reason instanceof Error && /query read timeout/i.test(reason.message);
}

/** Whether no connection could be had because others have all there are. */
export function isServerFull(error: unknown): boolean {
  return findStates(error).includes('53300') || (error instanceof Error && FULL_MESSAGES.test(error.message));
}

/** SQLSTATE of an error, or of what it was made of; or its code, if it is the network's. */
function findStates(error: unknown): readonly string[] {
  const reason = isTidemarkError(error) ? error.cause : error;
  return reason instanceof Error && 'code' in reason ? [String(reason.code)] : [];
}

/** What the driver or a pooler refuses before the server is asked. */
function toRefusal(code: string, message: string): string | undefined {
  if (message.startsWith('SASL')) return 'it wants a password, and the connection string has none or a wrong one';
  if (TLS_ERRORS.test(code) || TLS_MESSAGES.test(message)) {
    return (
      'no encrypted connection could be made. In the connection string, sslmode=verify-full&sslrootcert=/path/to/ca.crt ' +
      'trusts an authority of your own, sslmode=require encrypts without asking who answers, and sslmode=disable does not encrypt'
    );
  }
  if (POOLER_MESSAGE.test(message)) {
    return (
      'the pooler in front of it does not pass on a setting of the connection string; ' +
      'give it to the user with ALTER ROLE … SET, or connect without the pooler'
    );
  }
  return undefined;
}
