/**
 * A process of its own that makes rounds over all Pages, one to settle and one that is measured, so that nothing but a
 * Tidemark at work is in its memory: `node --expose-gc round-process.ts <settings as JSON>`. Prints a `RoundCost`.
 */
import type { SyncAllAnswer } from '../src/api/sync.ts';
import { createTidemark, type EngineSettings } from '../src/engine/create-tidemark.ts';
import { must } from '../src/lib/must.ts';
import { TEST_KEY } from '../test/support/test-key.ts';
import { countQueries } from './count-queries.ts';

export interface RoundCost {
  readonly answer: SyncAllAnswer;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** SQL statements of all Pages together. */
  readonly statements: number;
  /** The most that the process was seen to hold of the machine's memory. */
  readonly mostBytes: number;
  /** What both rounds have left on the heap that no collection takes away. */
  readonly keptBytes: number;
}

const SAMPLE_EVERY_MS = 50;

const plain = JSON.parse(must(process.argv[2], 'settings are the argument')) as Omit<EngineSettings, 'encryptionKey'>;
const tidemark = await createTidemark({ ...plain, encryptionKey: TEST_KEY });
const heapBefore = leastHeapBytes();
await tidemark.syncAll({});
const cost = await measure();
await tidemark.close();
process.stdout.write(JSON.stringify(cost));

async function measure(): Promise<RoundCost> {
  using queries = countQueries();
  let mostBytes = 0;
  const timer = setInterval(() => {
    mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
  }, SAMPLE_EVERY_MS);
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const answer = await tidemark.syncAll({});
  const { user, system } = process.cpuUsage(cpuBefore);
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(timer);
  const statements = queries.count;
  return {
    answer,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    statements,
    mostBytes,
    keptBytes: leastHeapBytes() - heapBefore,
  };
}

function leastHeapBytes(): number {
  must(globalThis.gc, 'started with --expose-gc')();
  return process.memoryUsage().heapUsed;
}
