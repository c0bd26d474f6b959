/**
 * What a scenario plays on: a simulated Facebook in a process of its own, so that its clock and meter are not held up
 * by us, a fresh database, and a Tidemark that knows the Pages.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTidemark, type EngineSettings } from '../src/engine/create-tidemark.ts';
import type { SyncAllAnswer, SyncAnswer } from '../src/api/sync.ts';
import type { Tidemark } from '../src/api/tidemark.ts';
import { must } from '../src/lib/must.ts';
import { Secret } from '../src/lib/secret.ts';
import { sleep } from '../src/lib/sleep.ts';
import { startSimulatorProcess, type SimulatorProcess } from '../test/support/simulator-process.ts';
import { TEST_KEY } from '../test/support/test-key.ts';
import type { Databases } from './databases.ts';
import { walkNested } from './nested-walk.ts';
import type { Cost } from './rows.ts';

export interface StageOptions {
  readonly profile: 'seed' | 'fast';
  readonly pages: number;
  readonly conversations: number;
  /** Default 2, Facebook's own; 0 counts none. */
  readonly callsPerSecond?: number;
  readonly settings?: Partial<EngineSettings>;
}

const METER_WINDOW_MS = 1000;

export interface Stage extends AsyncDisposable {
  readonly simulator: SimulatorProcess;
  readonly databaseUrl: string;
  readonly settings: EngineSettings;
  readonly tidemark: Tidemark;
  /** How many the world had when it began. */
  readonly messages: number;
  /** Syncs the first Page. */
  sync(): Promise<Timed<SyncAnswer>>;
  syncAll(): Promise<Timed<SyncAllAnswer>>;
  /** Walks the first Page as it was done before, into a database that keeps what it holds. */
  walkAsBefore(): Promise<Cost>;
  /** Says how many calls Facebook counted as too early and refused so far, if any: on a busy machine it happens. */
  describeRefusals(): Promise<string>;
}

export interface Timed<T> {
  readonly answer: T;
  readonly seconds: number;
}

export async function openStage(databases: Databases, options: StageOptions): Promise<Stage> {
  const { profile, pages, conversations, callsPerSecond = 2 } = options;
  const flags = { profile, pages, conversations, 'calls-per-second': callsPerSecond };
  await using opened = new AsyncDisposableStack();
  const simulator = opened.use(
    await startSimulatorProcess(Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])),
  );
  // The world writes its messages when they are first read: before anything is timed, for it is not Facebook's time.
  let messages = 0;
  for (const pageId of simulator.pageIds) {
    const { conversations: truth } = await simulator.truth(pageId);
    messages += truth.reduce((sum, conversation) => sum + conversation.messages.length, 0);
  }
  const databaseUrl = await databases.create();
  const settings: EngineSettings = {
    databaseUrl,
    dataDir: join(tmpdir(), 'tidemark-unused'),
    encryptionKey: TEST_KEY,
    graphApiUrl: simulator.url,
    graphApiVersion: 'v25.0',
    callsPerSecond: callsPerSecond === 0 ? 1000 : callsPerSecond,
    sinceParameter: 'send',
    messagesPerConversation: 'all',
    pageConcurrency: 50,
    ...options.settings,
  };
  const tidemark = opened.use(await createTidemark(settings));
  await tidemark.pages.connect(new Secret(simulator.userToken));
  const closing = opened.move();
  const [pageId, pageToken] = [simulator.pageIds[0], simulator.pageTokens[0]].map((it) => must(it, 'there is a Page'));
  let walkedDatabaseUrl: string | undefined;

  return {
    simulator,
    databaseUrl,
    settings,
    tidemark,
    messages,
    sync: () => time(() => tidemark.sync({ facebookPageId: pageId })),
    syncAll: () => time(() => tidemark.syncAll({})),
    async walkAsBefore() {
      walkedDatabaseUrl ??= await databases.create();
      const named = { pageId: must(pageId, 'as above'), pageToken: must(pageToken, 'as above') };
      const walk = { graphApiUrl: simulator.url, ...named, databaseUrl: walkedDatabaseUrl };
      // It knows nothing of the meter, nor of the calls that Tidemark has just made or will make next.
      await sleep(METER_WINDOW_MS);
      const { seconds, calls } = await walkNested(walk);
      await sleep(METER_WINDOW_MS);
      return { value: seconds, calls };
    },
    async describeRefusals() {
      const { violations } = await simulator.calls();
      return violations.length === 0 ? '' : `, ${violations.length} calls refused as too early`;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** A Page that failed is told with its reason. */
export function requireAll({ results }: SyncAllAnswer): void {
  const failed = results.find((row) => !row.success);
  if (failed !== undefined) throw new Error(`${failed.pageName ?? failed.facebookPageId} failed: ${failed.error}`);
}

/** Of a mirror that lacks something, no speed is worth telling. */
export function requireCount(what: string, { expected, found }: { readonly expected: number; readonly found: number }) {
  if (expected !== found) throw new Error(`${what}: ${found} instead of ${expected}; such a run has no speed.`);
}

async function time<T>(work: () => Promise<T>): Promise<Timed<T>> {
  const startedAt = performance.now();
  const answer = await work();
  return { answer, seconds: (performance.now() - startedAt) / 1000 };
}
