/**
 * How the embedded server is set up. Given on the command line at every start, so that they hold whatever the
 * configuration files in the data folder say. Durability must never be traded for speed here.
 */

export type ServerSettings = Readonly<Record<string, string>>;

export const SERVER_SETTINGS: ServerSettings = {
  // Reachable from this machine only, over TCP: a socket file would need a short path that both users may enter.
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  password_encryption: 'scram-sha-256',
  // A commit that was answered survives a power cut.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // Enough for the working set of a mirror; the rest is in the system's file cache, shared with everybody else.
  shared_buffers: '128MB',
  // A handful of processes with a pool each. Unused slots cost next to nothing.
  max_connections: '100',
  // Short set-based statements: compiling them takes longer than running them.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // The server writes to a plain file that Tidemark trims. People's messages stay out of it: neither statements nor
  // the DETAIL lines that quote rows are logged. The client gets the full error anyway.
  logging_collector: 'off',
  log_destination: 'stderr',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: 'off',
  log_min_messages: 'warning',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  // Its lines are read to find out why a start failed.
  lc_messages: 'C',
};

/** The settings as arguments of `postgres`. */
export function toArguments(settings: ServerSettings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Arguments of `initdb` that fix how text is stored and compared: UTF-8 everywhere, the same on every machine. */
export function localeArguments(majorVersion: number): readonly string[] {
  // The built-in provider (from 17) knows upper and lower case of all letters and orders by code point; it depends on
  // no library of the system, so an upgrade of the machine cannot damage an index. Before 17, ICU comes closest.
  return majorVersion >= 17
    ? ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    : ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=und'];
}
