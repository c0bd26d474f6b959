/**
 * What every transaction is told about its session before anything else: roles, databases and poolers may set anything,
 * and none of it is believed. It is said within the transaction, so it holds behind a transaction pooler too, and
 * nothing of it is left behind in a session that somebody else gets next.
 */
import type { ServerFacts } from './server-facts.ts';

/**
 * Settings that change what a statement means, what comes back, or whether it comes back at all. Left alone are
 * `default_transaction_read_only`, by which an owner (or Supabase, for want of disk) stops all writing, and what only
 * makes plans better or worse.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  // How values are read and printed.
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  xmlbinary: 'base64',
  array_nulls: 'on',
  standard_conforming_strings: 'on',
  transform_null_equals: 'off',
  quote_all_identifiers: 'off',
  // What is found and what is refused.
  row_security: 'on',
  gin_fuzzy_search_limit: '0',
  default_text_search_config: 'pg_catalog.simple',
  check_function_bodies: 'on',
  // What ends a session or a statement.
  exit_on_error: 'off',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '60000',
  // A plan for all values, or code compiled for a statement of a millisecond, takes longer than it saves.
  plan_cache_mode: 'auto',
  jit: 'off',
  // By sorting on, an index of all Pages would be taken where the one of a Page gives the order that is asked for.
  enable_incremental_sort: 'off',
};

const SINCE_17: Readonly<Record<string, string>> = { transaction_timeout: '0' };

/**
 * Begins a transaction in a session that may be set to anything, with so much time for each statement. No backslash: how
 * one is read may be set as well.
 */
export type Opening = (statementTimeoutMs: number) => string;

export function createOpening({ version, schemas }: ServerFacts): Opening {
  const settings = Object.entries({ ...SETTINGS, ...(version >= 170_000 ? SINCE_17 : {}) });
  // SET costs the server half of what set_config() does, and gives no row.
  const fixed = [
    'BEGIN ISOLATION LEVEL READ COMMITTED',
    ...settings.map(([name, value]) => `SET LOCAL ${name} = '${value}'`),
    `SET LOCAL search_path = ${schemas.map(quoteName).join(', ') || "''"}`,
    DURABLE,
  ].join('; ');
  return (statementTimeoutMs) => `${fixed}; SET LOCAL statement_timeout = ${statementTimeoutMs}`;
}

/** What was committed is there after a crash; a stricter setting is its owner's and stays. */
const DURABLE = `SELECT WHERE pg_catalog.current_setting('synchronous_commit') = 'off'
  AND pg_catalog.set_config('synchronous_commit', 'on', true) IS NULL`;

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
