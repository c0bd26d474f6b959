/**
 * A world with a clock of its own and engines that come and go, for tests that do anything in any order. It knows what
 * was done to the world behind Facebook's list order, which no sync can see, so that the comparison can leave it out.
 */
import pg from 'pg';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import type { Tidemark } from '../../src/api/tidemark.ts';
import { isTidemarkError } from '../../src/core/errors.ts';
import { must } from '../../src/lib/must.ts';
import type { Call } from '../../simulator/calls.ts';
import type { Platform } from '../../simulator/model.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import { compareMirrors } from './compare-mirror.ts';
import { openPools } from './open-pools.ts';
import { findBrokenPromises, findWatermark } from './promises.ts';
import { openWorld, type TestWorld } from './world.ts';

export interface ModelSetup {
  readonly simulator: SimulatorOptions;
  /** Default: Messenger. */
  readonly platforms?: readonly Platform[];
  readonly sinceParameter: 'send' | 'off';
  /** Default: as fast as they come. */
  readonly callsPerSecond?: number;
}

export interface ModelWorld extends AsyncDisposable {
  readonly world: TestWorld;
  readonly pageId: string;
  readonly client: pg.Client;
  /** The engine of this moment. */
  engine(): Tidemark;
  /** Closes the engine as a process that ends does, and starts another. */
  restart(): Promise<void>;
  /** A second process beside it; closed with the world. */
  openAnother(): Promise<Tidemark>;
  /** Lets time pass in the world. */
  pass(ms: number): void;
  /** From now on differences that only a listing of this thread, or none, could show are no differences. */
  changedUnseen(conversationId: string): void;
  /** A deleted thread or one of its messages that is back where it was: only a verify can see that. */
  restoredUnseen(id: string): void;
  /** Runs at every call of the Conversations API, with its number from now on (0 is the first). */
  onCall(listener: (index: number, call: Call) => void | Promise<void>): () => void;
  /** Lets a lease run out, as it does 20 s after its holder died. */
  expireLease(): Promise<void>;
  /** Breaks every connection of every engine. */
  terminateConnections(): Promise<void>;
  /** Forgets how far the mirror reaches, as `UPDATE facebook_pages SET last_synced_at = NULL` does. */
  clearLastSynced(): Promise<void>;
  /** Lets the next process not wait for what another one has called, unless calls are counted. */
  forgetCallers(): Promise<void>;
  /** Throws when a promise is broken or the watermark went back. */
  check(): Promise<void>;
  /** Ends all trouble, syncs until nothing is left to do, and answers how the mirror still differs. */
  settle(): Promise<string[]>;
}

/** What no sync can know of: deletions, and what changes without moving `updated_time`. */
const UNSEEN = /is in the mirror but not in the world$/;
const QUIET_FIELDS = /: (messageCount|unreadCount|snippet|text|isBare) is /;
/** What no verify can know of: what changed in messages that move nothing, and what can be read since. */
const UNSEEN_MESSAGE = /^message .*(is in the mirror but not in the world|: (text|isBare) is .*)$/s;
const MOST_ROUNDS = 30;

export async function openModelWorld({
  simulator,
  platforms = ['messenger'],
  sinceParameter,
  callsPerSecond = 1000,
}: ModelSetup): Promise<ModelWorld> {
  let aheadMs = 0;
  const world = await openWorld({
    version: 17,
    platforms,
    simulator: { ...simulator, now: () => Date.now() + aheadMs },
    settings: { sinceParameter, callsPerSecond },
  });
  const pageId = must(world.pageIds[0], 'a world has a Page');
  const client = new pg.Client({ connectionString: world.databaseUrl });
  await client.connect();
  const unseen = new Set<string>();
  const restored = new Set<string>();
  const others: Tidemark[] = [];
  let engine = world.tidemark;
  const watermarks = new Map<Platform, number | undefined>();
  let mayGoBack = false;

  const restart = async () => {
    await engine.close();
    engine = await createTidemark(world.settings);
  };
  // Unless calls are counted, what another process has called is no reason to wait a second.
  const forgetCallers = async () => {
    if (callsPerSecond > 100)
      await client.query('UPDATE facebook_sync_state SET last_caller = NULL, last_call_at = NULL');
  };
  const expireLease = async () => {
    await client.query(`UPDATE facebook_sync_state SET lease_expires_at = now() - interval '1 hour'
                        WHERE lease_run_id IS NOT NULL`);
  };

  async function checkPlatform(platform: Platform): Promise<void> {
    const promises = await findBrokenPromises(client, world.simulator.world.truth(pageId, platform), platform);
    const broken = promises.filter((line) => !isAbout(restored, line));
    if (broken.length > 0) throw new Error(`${broken.length} broken promises:\n${broken.slice(0, 8).join('\n')}`);
    const before = watermarks.get(platform);
    const watermark = await findWatermark(client, pageId, platform);
    watermarks.set(platform, watermark);
    if (before !== undefined && !mayGoBack && (watermark ?? -Infinity) < before) {
      throw new Error(`The watermark went back from ${before} to ${watermark} (I1).`);
    }
  }

  async function check(): Promise<void> {
    for (const platform of platforms) await checkPlatform(platform);
    const { rows } = await client.query<{ last_synced_at: Date | null }>('SELECT last_synced_at FROM facebook_pages');
    if (rows[0]?.last_synced_at instanceof Date) mayGoBack = false;
  }

  /** Deletion is found by verify; until then its entry waits in the ledger for ever. */
  async function easeRetries(): Promise<void> {
    const gone = world.simulator.world.truth(pageId).deletedConversations.map(({ id }) => id);
    await client.query('DELETE FROM facebook_retry_ledger WHERE conversation_id = ANY ($1)', [gone]);
    await client.query('UPDATE facebook_retry_ledger SET next_attempt_at = now()');
  }

  async function syncUntilWhole(): Promise<void> {
    for (let round = 1; ; round++) {
      await easeRetries();
      const { status } = await engine.sync({ facebookPageId: pageId });
      await easeRetries();
      if (status === 'succeeded') return;
      if (round === MOST_ROUNDS) throw new Error(`${MOST_ROUNDS} syncs in a world at rest, and still ${status}.`);
    }
  }

  async function historyToTheEnd(): Promise<void> {
    const gone = world.simulator.world.truth(pageId).deletedConversations.map(({ id }) => id);
    for (let round = 1; ; round++) {
      await client.query(
        'UPDATE facebook_conversations SET history_retry_at = NULL WHERE history_retry_at IS NOT NULL',
      );
      await client.query('UPDATE facebook_conversations SET history_complete = true WHERE id = ANY ($1)', [gone]);
      const { results } = await engine.collectHistory({});
      if (results.every((row) => row.status === 'succeeded')) return;
      if (round === MOST_ROUNDS) throw new Error(`History does not end: ${JSON.stringify(results)}`);
    }
  }

  async function verifyToTheEnd(): Promise<void> {
    const first = await engine.verify({ facebookPageId: pageId, repair: true });
    if (first.status !== 'succeeded') throw new Error(`A verify in a world at rest is partial: ${first.message}`);
    const missed = [...first.missing, ...first.stale].filter((finding) => finding.missedBySync);
    // What came back where it was, without having been mirrored before, no sync could meet.
    const blamed = missed.filter((finding) => !restored.has(finding.conversationId));
    if (blamed.length > 0) throw new Error(`Syncs have missed something: ${JSON.stringify(blamed)}`);
    const second = await engine.verify({ facebookPageId: pageId });
    const { missing, stale, deleted } = second.counts;
    if (missing + stale + deleted > 0) throw new Error(`Not repaired: ${JSON.stringify(second)}`);
  }

  return {
    world,
    pageId,
    client,
    engine: () => engine,
    restart,
    async openAnother() {
      const another = await createTidemark(world.settings);
      others.push(another);
      return another;
    },
    pass(ms) {
      aheadMs += ms;
    },
    changedUnseen: (conversationId) => void unseen.add(conversationId),
    restoredUnseen: (id) => void restored.add(id),
    onCall(listener) {
      let index = 0;
      return world.simulator.world.onCall((call) =>
        call.platform === undefined ? undefined : listener(index++, call),
      );
    },
    expireLease,
    async terminateConnections() {
      await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                          WHERE application_name = 'tidemark' AND datname = current_database()`);
    },
    async clearLastSynced() {
      await client.query('UPDATE facebook_pages SET last_synced_at = NULL');
      mayGoBack = true;
    },
    check,
    forgetCallers,

    async settle() {
      world.simulator.faults.clear();
      world.simulator.quotas.reset();
      await openPools(client);
      await restart();
      await expireLease();
      await forgetCallers();
      await syncUntilWhole();
      // The first one may only have ended a walk that began long before.
      await syncUntilWhole();
      await historyToTheEnd();
      await check();
      const left = await client.query(`SELECT FROM facebook_sync_runs WHERE status = 'running'`);
      if (left.rowCount !== 0) throw new Error(`${left.rowCount} runs are recorded as running for ever.`);
      const compared = await compareMirrors(world.databaseUrl, world.simulator, { facebookPageId: pageId, platforms });
      const afterSync = compared.filter((line) => {
        if (UNSEEN.test(line) || isAbout(restored, line)) return false;
        return !QUIET_FIELDS.test(line) || !isAbout(unseen, line);
      });
      if (afterSync.length > 0) return afterSync;

      await verifyToTheEnd();
      await historyToTheEnd();
      await check();
      const all = await compareMirrors(world.databaseUrl, world.simulator, { facebookPageId: pageId, platforms });
      return all
        .filter((line) => !UNSEEN_MESSAGE.test(line) || !isAbout(unseen, line))
        .map((line) => `after a verify: ${line}`);
    },

    async [Symbol.asyncDispose]() {
      await client.end();
      for (const other of others) await other.close();
      await engine.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

function isAbout(ids: ReadonlySet<string>, line: string): boolean {
  return [...ids].some((id) => line.includes(id));
}

/** The code of a failure that the catalogue knows; anything raw, or INTERNAL, is thrown on. */
export async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (!isTidemarkError(error) || error.code === 'INTERNAL') throw error;
    return error.code;
  }
}
