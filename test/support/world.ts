/**
 * A world to mirror and a Tidemark to mirror it: the simulator over real HTTP, the engine on a real PostgreSQL
 * database of its own. Calls are not slowed down unless a test asks for the meter.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTidemark, type EngineSettings } from '../../src/engine/create-tidemark.ts';
import type { Tidemark } from '../../src/api/tidemark.ts';
import type { EngineEventSink, SyncEvent } from '../../src/core/events.ts';
import { must } from '../../src/lib/must.ts';
import { Secret } from '../../src/lib/secret.ts';
import type { Platform } from '../../simulator/model.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { migrateDatabase } from '../../src/store/migrate.ts';
import { compareMirrors } from './compare-mirror.ts';
import { createTestDatabase, type PostgresVersion, type TestDatabase } from './postgres.ts';
import { TEST_KEY } from './test-key.ts';

export interface TestWorld extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly tidemark: Tidemark;
  readonly databaseUrl: string;
  /** Everything that any run has told, oldest first. */
  readonly events: readonly SyncEvent[];
  readonly settings: EngineSettings;
  /** Facebook's ids of the Pages. */
  readonly pageIds: readonly string[];
  readonly platforms: readonly Platform[];
  /** What differs between the mirror and the world of a Page; nothing when they are equal. */
  differences(facebookPageId?: string): Promise<string[]>;
  /** Calls of the Conversations API since the last time this was asked. */
  takeCalls(): number;
}

export interface WorldOptions {
  readonly version: PostgresVersion;
  readonly simulator?: SimulatorOptions;
  /** What is mirrored and compared. With Instagram every Page has an account, unless told otherwise. Default: Messenger. */
  readonly platforms?: readonly Platform[];
  readonly settings?: Partial<EngineSettings>;
  readonly onEvent?: EngineEventSink;
  /** The way that the engine takes to the database. Default: straight. */
  readonly through?: (databaseUrl: string) => string;
  /** Done to the migrated database before anybody opens it. */
  readonly prepare?: (databaseUrl: string) => Promise<void>;
  /** Connect the Pages of the person. Default: true. */
  readonly connect?: boolean;
}

/** A database of its own with the schema in it. */
export async function openMigratedDatabase(version: PostgresVersion): Promise<TestDatabase> {
  const build = async (url: string) => void (await migrateDatabase({ databaseUrl: url }));
  return createTestDatabase({ version, template: { name: 'migrated', build } });
}

/** Settings for a database and a Graph API, with calls as fast as they come. */
export function testSettings(databaseUrl: string, graphApiUrl: string): EngineSettings {
  return {
    databaseUrl,
    dataDir: join(tmpdir(), 'tidemark-unused'),
    encryptionKey: TEST_KEY,
    graphApiUrl,
    graphApiVersion: 'v25.0',
    callsPerSecond: 1000,
    sinceParameter: 'send',
    messagesPerConversation: 'all',
    pageConcurrency: 50,
    // A Page's place in the interval is random: in a short one it may come up again while a test looks.
    syncIntervalMs: 86_400_000,
  };
}

export async function openWorld(options: WorldOptions): Promise<TestWorld> {
  const { platforms = ['messenger'] } = options;
  const pages = options.simulator?.pages ?? 1;
  const instagramPages = platforms.includes('instagram') ? pages : 0;
  const settled = { pages, instagramPages, conversations: 120, callsPerSecond: 0, ...options.simulator };
  const simulator = await startSimulator(settled);
  const database = await openMigratedDatabase(options.version);
  await options.prepare?.(database.url);
  const events: SyncEvent[] = [];
  const databaseUrl = options.through?.(database.url) ?? database.url;
  const settings = { ...testSettings(databaseUrl, simulator.url), ...options.settings };
  const tidemark = await createTidemark(settings, {
    onEvent: (event) => {
      if (event.runId !== undefined) events.push(event);
      options.onEvent?.(event);
    },
  });
  if (options.connect ?? true) await tidemark.pages.connect(new Secret(simulator.world.tokens.user));
  const pageIds = simulator.world.pages.map((page) => page.id);
  let counted = 0;

  return {
    simulator,
    tidemark,
    databaseUrl: database.url,
    events,
    settings,
    pageIds,
    platforms,
    async differences(facebookPageId = must(pageIds[0], 'a world has a Page')) {
      const all = await compareMirrors(database.url, simulator, { facebookPageId, platforms });
      return all.length > 20 ? [`${all.length} differences, such as`, ...all.slice(0, 5)] : all;
    },
    takeCalls() {
      const calls = simulator.calls.all.filter((call) => call.platform !== undefined).length;
      const taken = calls - counted;
      counted = calls;
      return taken;
    },
    async [Symbol.asyncDispose]() {
      await tidemark.close();
      await simulator.close();
      await database.drop();
    },
  };
}
