import { expect, it } from 'vitest';
import { aSync, PAGE_1 } from '../../test/support/answers.ts';
import type { SyncRequest } from '../api/sync.ts';
import type { SyncEvent } from '../core/events.ts';
import { NO_COUNTS } from '../core/model.ts';
import { sleep } from '../lib/sleep.ts';
import { streamSync } from './sync-stream.ts';

const PAGE = { id: PAGE_1.id, facebookPageId: PAGE_1.facebookPageId, name: undefined };
const RUN = { page: PAGE, platform: 'messenger', runId: 'r', mode: 'incremental' } as const;
const LISTED: SyncEvent = { ...RUN, type: 'list-surveyed', listed: 61, differing: 0 };
const STORED: SyncEvent = { ...RUN, type: 'batch-committed', counts: { ...NO_COUNTS, synced: 3, graphCalls: 1 } };

async function read(sync: (tell: (event: SyncEvent) => void) => Promise<void>, pauseMs: number) {
  const tidemark = {
    sync: async ({ onEvent }: SyncRequest) => {
      await sync((event) => onEvent?.(event));
      return aSync(PAGE_1);
    },
  };
  const stream = streamSync(tidemark, { pageId: PAGE_1.id }, { pauseMs });
  const told: { readonly status: string; readonly checked?: number; readonly synced?: number }[] = [];
  for await (const chunk of stream) told.push(JSON.parse(new TextDecoder().decode(chunk).slice(6)));
  return told;
}

it('progress that the end follows at once is not told, and does not hold it up', async () => {
  const startedAt = performance.now();
  const told = await read(async (tell) => {
    tell(LISTED);
    await sleep(20);
  }, 1000);
  expect(told.map(({ status }) => status)).toEqual(['starting', 'complete']);
  // The pause after `starting`, and nothing else.
  expect(performance.now() - startedAt).toBeLessThan(1900);
});

it('progress of a run that goes on is told, the latest of it', async () => {
  const told = await read(async (tell) => {
    tell(LISTED);
    tell(STORED);
    await sleep(150);
  }, 20);
  expect(told).toMatchObject([
    { status: 'starting' },
    { status: 'syncing', checked: 61, synced: 3 },
    { status: 'complete' },
  ]);
});
