/**
 * Everything the commands touch outside themselves: streams, environment, signals, and the other rooms. main.ts hands
 * in the real ones. A command must never reach for `process` itself, so that a test can be its whole surroundings.
 */
import type { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Environment } from '../config/read-settings.ts';
import type { Settings } from '../config/options.ts';
import type { Tidemark } from '../core/engine-api.ts';
import type { EventSink } from '../core/events.ts';
import type { Log } from '../telemetry/log.ts';

/** 0 done · 1 the work failed or is partial · 2 wrong usage or settings · 130 and 143 ended by a signal. */
export type ExitStatus = 0 | 1 | 2 | 130 | 143;

export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number; hasColors?(): boolean };
export type InputStream = Readable & { readonly isTTY?: boolean };

export type EngineSettings = Pick<
  Settings,
  | 'databaseUrl'
  | 'dataDir'
  | 'encryptionKey'
  | 'graphApiUrl'
  | 'graphApiVersion'
  | 'appId'
  | 'appSecret'
  | 'callsPerSecond'
  | 'sinceParameter'
  | 'databaseConnections'
  | 'graphBatch'
  | 'messagesPerConversation'
  | 'pageConcurrency'
  | 'syncIntervalMs'
  | 'verifyIntervalMs'
>;

export interface EngineOptions {
  readonly onEvent: EventSink;
}

export interface Server {
  readonly url: string;
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly tidemark: Tidemark;
  readonly host: string;
  readonly port: number;
  readonly log: Log;
}

export interface SimulatorOptions {
  readonly port?: number;
  readonly profile: 'seed' | 'fast' | 'hostile';
  readonly pages: number;
  readonly conversations: number;
  readonly seed?: number;
  /** Calls of the Conversations API that each Page is allowed; 0 counts none. */
  readonly callsPerSecond?: number;
}

export interface SimulatedPage {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

export interface SimulatedConversation {
  readonly id: string;
  readonly messageIds: readonly string[];
}

export interface Activity {
  readonly newMessages: number;
  readonly newConversations: number;
}

/** A running simulator: a small Facebook, and the truth about what is in it. */
export interface Simulator {
  readonly url: string;
  readonly userToken: string;
  readonly pages: readonly SimulatedPage[];
  /** Makes people write to a Page. */
  activity(facebookPageId: string, activity: Activity): void;
  /** What a complete mirror of the Page holds. */
  conversationsOf(facebookPageId: string): Iterable<SimulatedConversation>;
  close(): Promise<void>;
}

export interface Migration {
  /** Names of the migrations that were applied just now, in order. */
  readonly applied: readonly string[];
  readonly version: number;
}

export interface Outside {
  readonly env: Environment;
  readonly cwd: string;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Emits `SIGINT` and `SIGTERM`. */
  readonly signals: Pick<EventEmitter, 'on' | 'off'>;
  exitNow(status: ExitStatus): void;
  now(): number;
  openTidemark(settings: EngineSettings, options: EngineOptions): Promise<Tidemark>;
  startServer(options: ServerOptions): Promise<Server>;
  startSimulator(options: SimulatorOptions): Promise<Simulator>;
  migrateDatabase(options: { readonly databaseUrl: string }): Promise<Migration>;
  renderMigrations(): Promise<string>;
}
