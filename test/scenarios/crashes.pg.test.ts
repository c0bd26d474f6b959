/**
 * Real processes, killed without a word at every kind of event and at random instants, and a database server that
 * falls over in the middle of a run (I4): nothing is lost, nothing is doubled, and the watermark vouches for no more
 * than what is there.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import type { SyncEvent } from '../../src/core/events.ts';
import { Secret } from '../../src/lib/secret.ts';
import { must } from '../../src/lib/must.ts';
import { startSimulator } from '../../simulator/server.ts';
import { createRandom } from '../../simulator/random.ts';
import { type Eye, openEye } from '../support/client.ts';
import { compareMirror } from '../support/compare-mirror.ts';
import { type ModelWorld, openModelWorld } from '../support/model-world.ts';
import { startServer } from '../support/postgres-servers.ts';
import { findBrokenPromises } from '../support/promises.ts';
import { drawSeed, SOAK } from '../support/rigour.ts';
import { testSettings } from '../support/world.ts';

const SCRIPT = new URL('../support/work-process.ts', import.meta.url).pathname;

const EVENTS: readonly SyncEvent['type'][] = [
  'run-started',
  'list-requested',
  'list-surveyed',
  'batch-processing',
  'batch-committed',
  'survey-finished',
  'run-finished',
  'history-committed',
];
/** A soak is worth its name from fifty on. */
const RANDOM_KILLS = SOAK > 1 ? Math.max(50, 8 * SOAK) : 8;
/** About as long as a process takes to begin, to sync, and to bring older messages. */
const PHASES = [
  { name: 'start', lastsMs: 700 },
  { name: 'sync', lastsMs: 700 },
  { name: 'history', lastsMs: 400 },
] as const;

const SIMULATOR = {
  conversations: 350,
  messagesPerConversation: { min: 1, max: 60, mean: 14 },
  latency: { baseMs: 15 },
};

interface Kill {
  /** Kill at this event, or this long after the process, its first run (the sync) or its second one (history) began. */
  readonly at: SyncEvent['type'] | { readonly run: number; readonly afterMs: number };
  readonly forced: boolean;
}

/** Starts a process that works on the Page, and kills it; answers what it told before. */
async function killedAt(model: ModelWorld, { at, forced }: Kill): Promise<{ told: string[]; signal: unknown }> {
  const { encryptionKey: _, ...settings } = model.world.settings;
  const child = spawn(process.execPath, [SCRIPT, JSON.stringify(settings), model.pageId, forced ? 'forced' : ''], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const told: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let runs = 0;
  const arm = () => {
    if (typeof at !== 'string' && at.run === runs) timer = setTimeout(() => child.kill('SIGKILL'), at.afterMs);
  };
  arm();
  for await (const line of createInterface({ input: child.stdout })) {
    told.push(line);
    if (line === at) child.kill('SIGKILL');
    if (line !== 'run-started') continue;
    runs += 1;
    arm();
  }
  const [code, signal] = await exited;
  clearTimeout(timer);
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`The process failed by itself: ${complaints}`);
  return { told, signal };
}

/** Something to do for every phase: new messages, new threads, and one that is deeper than a sync reaches. */
function stir(model: ModelWorld): void {
  const { world } = model.world.simulator;
  world.activity({ pageId: model.pageId, newMessages: 40, newConversations: 4 });
  model.pass(200_000);
  const deep = Array.from({ length: 90 }, () => ({}));
  world.newConversation(model.pageId, { messages: deep });
  model.pass(200_000);
}

/** Answers how the mirror differs from the world after all the kills and one quiet run. */
async function survive(model: ModelWorld, kills: readonly Kill[]): Promise<string[]> {
  const killedIn: Record<string, number> = {};
  for (const kill of kills) {
    stir(model);
    const { told, signal } = await killedAt(model, kill);
    if (typeof kill.at === 'string')
      expect(signal, `killed at ${kill.at}, having told ${told.join(' ')}`).toBe('SIGKILL');
    const runs = told.filter((line) => line === 'run-started').length;
    const phase = signal === 'SIGKILL' ? must(PHASES[runs], 'two runs at most').name : 'no phase';
    killedIn[phase] = (killedIn[phase] ?? 0) + 1;
    await model.expireLease();
    await model.forgetCallers();
    await model.check();
  }
  console.log(`Killed in phase: ${JSON.stringify(killedIn)}`);
  return model.settle();
}

it('a process may be killed at every kind of event', { timeout: 120_000 * Math.min(SOAK, 10) }, async () => {
  await using model = await openModelWorld({ simulator: SIMULATOR, sinceParameter: 'send' });
  const rounds = Math.min(SOAK, 10);
  const events = Array.from({ length: rounds }, (_, round) => (round % 2 === 0 ? EVENTS : EVENTS.toReversed())).flat();
  const kills = events.map((at, index) => ({ at, forced: index % 5 === 4 }));
  expect(await survive(model, kills)).toEqual([]);
});

it('a process may be killed at any instant', { timeout: 60_000 + 5000 * RANDOM_KILLS }, async () => {
  const seed = drawSeed();
  console.log(`Kills at random instants: PROPERTY_SEED=${seed} repeats them.`);
  const random = createRandom(seed, 'kills');
  await using model = await openModelWorld({ simulator: { ...SIMULATOR, seed: seed % 1000 }, sinceParameter: 'send' });
  const kills = Array.from({ length: RANDOM_KILLS }, (_, index) => {
    const run = index % PHASES.length;
    return {
      at: { run, afterMs: random.int(0, must(PHASES[run], 'one of them').lastsMs) },
      forced: random.chance(0.2),
    };
  });
  expect(await survive(model, kills)).toEqual([]);
});

/** A connection as soon as the server has recovered. */
async function openEyeAgain(connectionString: string): Promise<Eye> {
  let eye: Eye | undefined;
  const attempt = async () => {
    eye = await openEye(connectionString).catch(() => undefined);
    return eye;
  };
  await expect.poll(attempt, { timeout: 30_000 }).toBeDefined();
  return must(eye, 'it was just opened');
}

it('the database server may crash and recover in the middle of a run', { timeout: 120_000 }, async () => {
  // One of its own: its crash must not reach the other tests.
  const postgres = await startServer(17);
  const simulator = await startSimulator({ pages: 1, callsPerSecond: 0, ...SIMULATOR });
  const settings = testSettings(postgres.url, simulator.url);
  const pageId = must(simulator.world.pages[0], 'a Page').id;
  const crash = async () => {
    await using eye = await openEye(postgres.url);
    const { rows } = await eye.client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    // One backend that dies takes the server down into recovery, with every connection.
    process.kill(must(rows[0], 'it answers').pid, 'SIGKILL');
  };
  try {
    // The test servers are throw-away and may forget what they have committed; this one must not.
    await using owner = await openEye(postgres.url);
    await owner.client.query(`ALTER ROLE CURRENT_USER SET synchronous_commit = 'on'`);
    for (const at of [
      'list-surveyed',
      'batch-processing',
      'batch-committed',
      'survey-finished',
      'history-committed',
    ] as const) {
      simulator.world.activity({ pageId, newMessages: 60 });
      simulator.world.newConversation(pageId, { messages: Array.from({ length: 90 }, () => ({})) });
      let crashed: Promise<void> | undefined;
      const tidemark = await createTidemark(settings, {
        onEvent: (event) => {
          if (event.type === at) crashed ??= crash();
        },
      });
      await tidemark.pages.connect(new Secret(simulator.world.tokens.user));
      const answer = await tidemark.sync({ facebookPageId: pageId }).then(
        ({ status }) => status,
        (error: unknown) => error,
      );
      if (typeof answer !== 'string') expect(answer).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      const { results } = await tidemark.collectHistory({}).catch(() => ({ results: [] }));
      for (const { code } of results) expect([undefined, 'DATABASE_UNAVAILABLE']).toContain(code);
      expect(crashed, at).toBeDefined();
      await crashed;
      await tidemark.close();

      await using eye = await openEyeAgain(postgres.url);
      await eye.client.query(
        `UPDATE facebook_sync_state SET lease_expires_at = now() - interval '1 hour', last_caller = NULL`,
      );
      expect(await findBrokenPromises(eye.client, simulator.world.truth(pageId))).toEqual([]);
    }
    await using last = await createTidemark(settings);
    expect(await last.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded' });
    expect((await last.collectHistory({})).results.filter((row) => row.status !== 'succeeded')).toEqual([]);
    expect(await compareMirror(postgres.url, simulator.world.truth(pageId))).toEqual([]);
    const runs = await last.runs.list({ limit: 100 });
    expect(runs.filter((run) => run.status === 'running')).toEqual([]);
  } finally {
    await simulator.close();
    await postgres.stop();
  }
});
