/**
 * What GRAPH_BATCH changes in a quiet round: `node bench/shared-lists.ts [--concurrency 50] [PAGES…]` (default: 200
 * 1000). The simulator is a process of its own, with the answer times and the meter of Facebook; rounds with and
 * without batches alternate, so that both see the same machine.
 */
import { subscribe } from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Tidemark } from '../src/core/engine-api.ts';
import { createTidemark } from '../src/engine/create-tidemark.ts';
import { must } from '../src/lib/must.ts';
import { Secret } from '../src/lib/secret.ts';
import { sleep } from '../src/lib/sleep.ts';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts';
import { startSimulatorProcess } from '../test/support/simulator-process.ts';
import { testSettings } from '../test/support/world.ts';

const ROUNDS = 5;
const WAYS = ['off', 'on'] as const;

const seen = { requests: 0, sockets: 0 };
subscribe('undici:request:create', () => {
  seen.requests += 1;
});
subscribe('undici:client:connected', () => {
  seen.sockets += 1;
});

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { concurrency: { type: 'string', default: '50' } },
});
for (const pages of positionals.length > 0 ? positionals.map(Number) : [200, 1000]) {
  console.log(`\n${pages} Pages, ${values.concurrency} at once; medians of ${ROUNDS} quiet rounds`);
  console.table(await measure(pages, Number(values.concurrency)));
}

async function measure(pages: number, pageConcurrency: number) {
  const flags = `--profile seed --pages ${pages} --conversations 30`;
  await using simulator = await startSimulatorProcess(flags.split(' '));
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-bench-'));
  const server = await startEmbeddedPostgres({ dataDir: folder });
  try {
    const settings = { ...testSettings(server.connectionString, simulator.url), callsPerSecond: 2, pageConcurrency };
    const setUp = await createTidemark(settings);
    await setUp.pages.connect(new Secret(simulator.userToken));
    await setUp.syncAll({});
    await setUp.close();

    const engines = new Map<string, Tidemark>();
    for (const way of WAYS) engines.set(way, await createTidemark({ ...settings, graphBatch: way }));
    const rounds = new Map<string, Awaited<ReturnType<typeof runRound>>[]>(WAYS.map((way) => [way, []]));
    const sockets = new Map<string, number>();
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [way, engine] of engines) {
        // The budget of the round before must be over.
        await sleep(1500);
        seen.sockets = 0;
        const measured = await runRound(engine);
        sockets.set(way, (sockets.get(way) ?? 0) + seen.sockets);
        if (round > 0) rounds.get(way)?.push(measured);
      }
    }
    for (const engine of engines.values()) await engine.close();
    const { violations } = await simulator.calls();
    if (violations.length > 0) throw new Error(`${violations.length} calls broke Facebook's rules.`);
    return Object.fromEntries(
      [...rounds].map(([way, measured]) => [way, { ...mediansOf(measured), 'sockets in all': sockets.get(way) }]),
    );
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function runRound(engine: Tidemark) {
  const before = { ...seen, cpu: process.cpuUsage(), at: performance.now() };
  const { totals } = await engine.syncAll({});
  const { user, system } = process.cpuUsage(before.cpu);
  return {
    failed: totals.failureCount,
    'wall ms': Math.round(performance.now() - before.at),
    'CPU ms': Math.round((user + system) / 1000),
    requests: seen.requests - before.requests,
  };
}

type Round = Awaited<ReturnType<typeof runRound>>;

function mediansOf(rounds: readonly Round[]) {
  const names = Object.keys(must(rounds[0], 'a round')) as (keyof Round)[];
  return Object.fromEntries(
    names.map((name) => [name, rounds.map((round) => round[name]).toSorted((a, b) => a - b)[rounds.length >> 1]]),
  );
}
