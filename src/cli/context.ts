/**
 * Everything the commands touch outside themselves: streams, environment, signals, and the other rooms. main.ts hands
 * in the real ones. A command must never reach for `process` itself, so that a test can be its whole surroundings.
 */
import type { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Environment } from '../config/read-settings.ts';
import type { createTidemark } from '../engine/create-tidemark.ts';
import type { startServer } from '../http/server.ts';
import type { checkMigration } from '../store/check-migration.ts';
import type { migrateDatabase, renderMigrations } from '../store/migrate.ts';
import type { startSimulator } from './start-simulator.ts';

/** 0 done · 1 the work failed or is partial · 2 wrong usage or settings · 130 and 143 ended by a signal. */
export type ExitStatus = 0 | 1 | 2 | 130 | 143;

export type OutputStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  hasColors?(): boolean;
};
export type InputStream = Readable & { readonly isTTY?: boolean };

export interface CliContext {
  readonly env: Environment;
  readonly cwd: string;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Emits `SIGINT` and `SIGTERM`. */
  readonly signals: Pick<EventEmitter, 'on' | 'off'>;
  exitNow(status: ExitStatus): void;
  now(): number;
  readonly openTidemark: typeof createTidemark;
  readonly startServer: typeof startServer;
  readonly startSimulator: typeof startSimulator;
  readonly migrateDatabase: typeof migrateDatabase;
  readonly checkMigration: typeof checkMigration;
  renderMigrations(...given: Parameters<typeof renderMigrations>): Promise<ReturnType<typeof renderMigrations>>;
}
