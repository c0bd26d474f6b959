/**
 * A world with a clock of its own and engines that come and go, for tests that do anything in any order.
 */
import pg from 'pg';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import type { Tidemark } from '../../src/api/tidemark.ts';
import { isTidemarkError } from '../../src/core/errors.ts';
import { must } from '../../src/lib/must.ts';
import type { Call } from '../../simulator/calls.ts';
import type { Platform } from '../../simulator/model.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import { type BlindSpots, createBlindSpots, type Level } from './blind-spots.ts';
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
  readonly blindSpots: BlindSpots;
  /** Facebook refuses a thread by its id from now on, also in a world at rest. */
  refuse(threadId: string, code: number): void;
  /** Deletes messages of a thread from the mirror, counted from the newest. */
  loseMessages(threadId: string, which: { readonly from: number; readonly count: number }): Promise<void>;
  /** Deletes a thread from the mirror; its messages stay. */
  loseThread(threadId: string): Promise<void>;
  /** Runs at every call of the Conversations API, with its number from now on (0 is the first). */
  onCall(listener: (index: number, call: Call) => void | Promise<void>): () => void;
  /** Lets a lease run out, as it does 20 s after its holder died. */
  expireLease(): Promise<void>;
  /** Breaks all connections of all engines. */
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
  const blindSpots = createBlindSpots();
  const refusals = new Map<string, number>();
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
    const broken = promises.filter((line) => !blindSpots.excusesPromise(line));
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

  const orderRefusals = () => {
    for (const [objectId, code] of refusals) {
      for (const kind of ['conversation', 'messages'] as const) {
        world.simulator.faults.add({ match: { objectId, kind }, times: 'always', effect: { type: 'error', code } });
      }
    }
  };

  /** What Facebook does not know by its id any more: it is deleted, or has another id. */
  async function findGone(): Promise<string[]> {
    const { rows } = await client.query<{ id: string }>(
      'SELECT id FROM facebook_conversations UNION SELECT conversation_id FROM facebook_retry_ledger',
    );
    return rows.map(({ id }) => id).filter((id) => world.simulator.world.findConversation(id)?.deleted ?? true);
  }

  /** Deletion is found by verify; until then its entry waits in the ledger for ever. */
  async function easeRetries(): Promise<void> {
    await client.query('DELETE FROM facebook_retry_ledger WHERE conversation_id = ANY ($1)', [await findGone()]);
    await client.query('UPDATE facebook_retry_ledger SET next_attempt_at = now()');
  }

  async function syncUntilWhole(): Promise<void> {
    for (let round = 1; ; round++) {
      await easeRetries();
      const { status, openRetries } = await engine.sync({ facebookPageId: pageId });
      await easeRetries();
      const waiting = openRetries.filter(({ conversationId }) => !refusals.has(conversationId));
      const isWhole = status === 'succeeded' || (status === 'partial' && openRetries.length > 0);
      if (isWhole && waiting.length === 0) return;
      if (round === MOST_ROUNDS) throw new Error(`${MOST_ROUNDS} syncs in a world at rest, and still ${status}.`);
    }
  }

  async function historyToTheEnd(): Promise<void> {
    const never = [...(await findGone()), ...refusals.keys()];
    for (let round = 1; ; round++) {
      await client.query(
        'UPDATE facebook_conversations SET history_retry_at = NULL WHERE history_retry_at IS NOT NULL',
      );
      await client.query('UPDATE facebook_conversations SET history_complete = true WHERE id = ANY ($1)', [never]);
      const { results } = await engine.collectHistory({});
      if (results.every((row) => row.status === 'succeeded')) return;
      if (round === MOST_ROUNDS) throw new Error(`History does not end: ${JSON.stringify(results)}`);
    }
  }

  async function repair(deep: boolean): Promise<void> {
    const { status, message, missing, stale } = await engine.verify({ facebookPageId: pageId, repair: true, deep });
    if (status !== 'succeeded' && refusals.size === 0) {
      throw new Error(`A verify in a world at rest is ${status}: ${message}`);
    }
    const missed = [...missing, ...stale].filter((finding) => finding.missedBySync);
    const blamed = missed.filter(({ conversationId }) => !blindSpots.isDisplaced(conversationId));
    if (blamed.length > 0) throw new Error(`Syncs have missed something: ${JSON.stringify(blamed)}`);
  }

  async function verifyToTheEnd({ deep }: { readonly deep: boolean }): Promise<void> {
    await repair(deep);
    // The first one may only have ended a verify that began long before.
    if (!deep) await repair(deep);
    const { missing, stale, deleted } = await engine.verify({ facebookPageId: pageId, deep });
    const left = Object.entries({ missing, stale, deleted }).flatMap(([kind, findings]) =>
      findings.filter(({ conversationId }) => !refusals.has(conversationId)).map((finding) => ({ kind, ...finding })),
    );
    if (left.length > 0) throw new Error(`Not repaired: ${JSON.stringify(left)}`);
  }

  async function differences(level: Level): Promise<string[]> {
    const of = { facebookPageId: pageId, platforms };
    const lines = await compareMirrors(world.databaseUrl, world.simulator, of);
    const { conversations } = world.simulator.world.truth(pageId);
    return blindSpots.remaining(lines, { level, conversations }).map((line) => `after a ${level}: ${line}`);
  }

  /** Where nothing happens, each channel is asked once. Undated conversations may cost more, refused ones do. */
  async function checkQuiet(): Promise<void> {
    if (refusals.size > 0 || (simulator.oddShare ?? 0) > 0) return;
    await forgetCallers();
    world.takeCalls();
    await engine.sync({ facebookPageId: pageId });
    const calls = world.takeCalls();
    if (calls !== platforms.length)
      throw new Error(`A quiet sync of ${platforms.length} channels took ${calls} calls.`);
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
    blindSpots,
    refuse(threadId, code) {
      blindSpots.refused(threadId);
      refusals.set(threadId, code);
      orderRefusals();
    },
    async loseMessages(threadId, { from, count }) {
      const { rows } = await client.query<{ id: string }>(
        `DELETE FROM facebook_messages WHERE id IN (
           SELECT id FROM facebook_messages WHERE conversation_id = $1 ORDER BY created_time DESC OFFSET $2 LIMIT $3)
         RETURNING id`,
        [threadId, from, count],
      );
      if (rows.length > 0) blindSpots.displaced([threadId, ...rows.map(({ id }) => id)]);
    },
    async loseThread(threadId) {
      await client.query('DELETE FROM facebook_conversations WHERE id = $1', [threadId]);
      // Whose messages they are is not known without it.
      const { rows } = await client.query<{ id: string }>(
        'SELECT id FROM facebook_messages WHERE conversation_id = $1',
        [threadId],
      );
      blindSpots.displaced([threadId, ...rows.map(({ id }) => id)]);
    },
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
      orderRefusals();
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
      const running = await client.query(`SELECT FROM facebook_sync_runs WHERE status = 'running'`);
      if (running.rowCount !== 0) throw new Error(`${running.rowCount} runs are recorded as running for ever.`);
      const afterSync = await differences('sync');
      if (afterSync.length > 0) return afterSync;

      for (const level of ['verify', 'deep-verify'] as const) {
        await verifyToTheEnd({ deep: level === 'deep-verify' });
        await historyToTheEnd();
        await check();
        const remaining = await differences(level);
        if (remaining.length > 0) return remaining;
      }
      await checkQuiet();
      return [];
    },

    async [Symbol.asyncDispose]() {
      await client.end();
      for (const other of others) await other.close();
      await engine.close();
      await world[Symbol.asyncDispose]();
    },
  };
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
