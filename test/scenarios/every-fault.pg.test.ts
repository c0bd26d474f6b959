/**
 * Every way Facebook is known to refuse, and every way an answer is known to be spoiled, in every phase of the work
 * (I4, I8, I13). Each case is a Page of its own; all of them are synced at once, beside Pages that nothing happens to.
 */
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import { ERRORS } from '../../src/core/error-catalogue.ts';
import { isTidemarkError } from '../../src/core/errors.ts';
import type { HistoryRow } from '../../src/api/history.ts';
import type { SyncAllRow } from '../../src/api/sync.ts';
import type { Tidemark } from '../../src/api/tidemark.ts';
import { must } from '../../src/lib/must.ts';
import type { CallKind } from '../../simulator/calls.ts';
import type { FaultEffect } from '../../simulator/faults.ts';
import { openEye } from '../support/client.ts';
import { compareMirror } from '../support/compare-mirror.ts';
import { findBrokenPromises } from '../support/promises.ts';
import { openPools } from '../support/open-pools.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

interface Case {
  readonly name: string;
  readonly effect: FaultEffect;
  /** How often it is met. Default: 12, more than any call is repeated. */
  readonly times?: number;
}

const refusal = (code: number, more: Partial<Extract<FaultEffect, { type: 'error' }>> = {}): Case => ({
  name: [code, more.subcode, more.status].filter((part) => part !== undefined).join('/'),
  effect: { type: 'error', code, ...more },
});

const TOO_BIG = "Please reduce the amount of data you're asking for, then retry your request";
const UNSUPPORTED =
  "Unsupported get request. Object with ID '1' does not exist, cannot be loaded due to missing permissions, or does not support this operation";

const CASES: readonly Case[] = [
  refusal(1, { status: 500 }),
  refusal(1, { status: 500, bare: true }),
  refusal(1, { subcode: 1_965_014, isTransient: false }),
  { name: '1 too big', effect: { type: 'error', code: 1, status: 500, message: TOO_BIG } },
  refusal(2, { status: 500, isTransient: true }),
  refusal(2, { status: 500, isTransient: false }),
  ...[1, 2].map((code): Case => ({
    name: `${code}, twice`,
    effect: { type: 'error', code, status: 500, delayMs: 20 },
    times: 2,
  })),
  // 4 and 341 stop every Page of the app: see quotas.
  ...[
    3, 17, 32, 10, 100, 102, 104, 190, 200, 230, 299, 368, 551, 803, 2500, 2642, 10_303, 80_001, 80_002, 80_005, 80_006,
  ].map((code) => refusal(code)),
  ...[458, 459, 460, 463, 464, 467, 492].map((subcode) => refusal(190, { subcode })),
  ...[2_018_065, 2_018_108, 2_534_022, 1_893_063].map((subcode) => refusal(10, { subcode })),
  refusal(100, { subcode: 33, message: UNSUPPORTED, errorType: 'GraphMethodException' }),
  { name: '100 deleted', effect: { type: 'error', code: 100, message: '(#100) This message has been deleted.' } },
  { name: '100 dead cursor', effect: { type: 'error', code: 100, message: '(#100) Invalid cursors values' } },
  { name: '2642 dead cursor', effect: { type: 'error', code: 2642, message: '(#2642) Invalid cursors values' } },
  { ...refusal(613), times: 2 },
  ...[400, 401, 403, 404, 429, 503].map((status) => refusal(987_654, { status })),
  ...(['reset', 'truncated', 'half-json', 'html', 'empty'] as const).map((type): Case => ({
    name: type,
    effect: { type },
  })),
  { name: 'silence', effect: { type: 'hang' } },
  { name: 'silence, once', effect: { type: 'hang' }, times: 1 },
  ...[400, 404, 500].map((status): Case => ({ name: `html ${status}`, effect: { type: 'html', status } })),
  { name: 'empty 500', effect: { type: 'empty', status: 500 } },
  ...[
    '{}',
    '[]',
    'null',
    '""',
    '{"data":null}',
    '{"data":{}}',
    '{"error":"no"}',
    '{"error":{}}',
    '{"error_type":"OAuthException","code":400,"error_message":"No"}',
  ].map((body): Case => ({
    name: `body ${body}`,
    effect: { type: 'body', status: 200, body },
  })),
  { name: 'a list of rubbish', effect: { type: 'body', status: 400, body: '{"data":[1,null,{},[]]}' } },
  {
    name: 'a cursor that is no text',
    effect: { type: 'body', status: 200, body: '{"data":[],"paging":{"next":"x","cursors":{"after":{}}}}' },
  },
  { name: 'a full pool', effect: { type: 'throttle', blockedMs: 600_000 }, times: 1 },
  ...(['repeated-cursor', 'circling-cursors', 'out-of-order', 'phantom-next', 'short-page', 'duplicates'] as const).map(
    (twist): Case => ({
      name: twist,
      effect: { type: 'list', twist },
    }),
  ),
];

interface Phase {
  readonly name: string;
  readonly kind: CallKind;
  /** Whether messages come along; either, when it is left out. */
  readonly nested?: boolean;
  /** Matching calls that go well before. */
  readonly after: number;
  /** Syncs the Page first, and then writes into this many threads, this often. */
  readonly before?: { readonly threads: number; readonly messages: number };
  readonly work: 'sync' | 'history';
  readonly deep?: boolean;
}

/** A Page has 30 conversations, and a list brings 20: a light list, then two or three more, two of them with messages. */
const LIST_CAP = 20;
const PHASES: readonly Phase[] = [
  { name: 'the first list', kind: 'conversations', after: 0, work: 'sync' },
  { name: 'a later list', kind: 'conversations', after: 1, work: 'sync' },
  { name: 'the first nested list', kind: 'conversations', nested: true, after: 0, work: 'sync' },
  { name: 'a later nested list', kind: 'conversations', nested: true, after: 1, work: 'sync' },
  { name: 'a single read', kind: 'conversation', after: 0, before: { threads: 1, messages: 1 }, work: 'sync' },
  {
    name: 'the messages that lead down to the stretch',
    kind: 'messages',
    after: 0,
    before: { threads: 1, messages: 60 },
    work: 'sync',
  },
  { name: 'history', kind: 'messages', after: 1, before: { threads: 0, messages: 0 }, work: 'history', deep: true },
];

const UNHARMED = 2;
/** Short enough for silences to end, long enough for seventy Pages at once. */
const ANSWER_TIMEOUT_MS = 5000;

async function openPhase(phase: Phase): Promise<TestWorld> {
  const messages = phase.deep === true ? { min: 60, max: 240, mean: 120 } : { min: 1, max: 3, mean: 2 };
  const conversations = phase.deep === true ? 2 : phase.before === undefined ? 30 : 6;
  const pages = CASES.length + UNHARMED;
  const world = await openWorld({
    version: 17,
    simulator: { pages, conversations, messagesPerConversation: messages, listCap: LIST_CAP, seed: 7 },
    settings: { answerTimeoutMs: ANSWER_TIMEOUT_MS },
  });
  if (phase.before === undefined) return world;
  await world.tidemark.syncAll({});
  for (const pageId of world.pageIds) {
    const { conversations: threads } = world.simulator.world.truth(pageId);
    for (const { id } of threads.slice(2, 2 + phase.before.threads)) {
      for (let count = 0; count < phase.before.messages; count++) world.simulator.world.newMessage(pageId, id);
    }
  }
  return world;
}

async function workOn(tidemark: Tidemark, work: Phase['work']): Promise<readonly (SyncAllRow | HistoryRow)[]> {
  return work === 'sync' ? (await tidemark.syncAll({})).results : (await tidemark.collectHistory({})).results;
}

/** Syncs and digs until nothing is left, with every pool open again. */
async function recover(world: TestWorld, client: pg.Client): Promise<void> {
  const { simulator } = world;
  simulator.faults.clear();
  simulator.quotas.reset();
  await openPools(client);
  await using fresh = await createTidemark(world.settings);
  for (let round = 1; ; round++) {
    await client.query('UPDATE facebook_retry_ledger SET next_attempt_at = now()');
    await client.query('UPDATE facebook_conversations SET history_retry_at = NULL WHERE history_retry_at IS NOT NULL');
    const { results } = await fresh.syncAll({});
    const history = await fresh.collectHistory({});
    if ([...results, ...history.results].every((row) => row.status === 'succeeded')) return;
    expect(round, JSON.stringify(results.filter((row) => row.status !== 'succeeded').slice(0, 3))).toBeLessThan(4);
  }
}

describe('every fault', () => {
  for (const phase of PHASES) {
    it.concurrent(
      `in ${phase.name} is told by its code, loses nothing, and touches no other Page`,
      { timeout: 420_000 },
      async () => {
        await using world = await openPhase(phase);
        await using eye = await openEye(world.databaseUrl);
        const { client } = eye;
        const nameOf = new Map(world.pageIds.map((pageId, index) => [pageId, CASES[index]?.name ?? 'unharmed']));
        const orders = CASES.map(({ effect, times = 12 }, index) =>
          world.simulator.faults.add({
            match: {
              kind: phase.kind,
              pageId: must(world.pageIds[index], 'a Page for each case'),
              after: phase.after,
              ...(phase.nested === undefined ? {} : { nested: phase.nested }),
            },
            times,
            effect,
          }),
        );

        const differencesOf = (pageId: string) => compareMirror(world.databaseUrl, world.simulator.world.truth(pageId));
        const problems: string[] = [];
        const note = (pageId: string, problem: string) => problems.push(`${nameOf.get(pageId)}: ${problem}`);
        const rows = await workOn(world.tidemark, phase.work);
        const { rows: leases } = await client.query<{ facebook_page_id: string }>(
          `SELECT facebook_page_id FROM facebook_sync_state AS state JOIN facebook_pages AS page ON page.id = page_id
         WHERE lease_run_id IS NOT NULL`,
        );
        for (const { facebook_page_id: pageId } of leases) note(pageId, 'a lease was left behind');
        for (const row of rows) {
          const { facebookPageId, status, code, error = '' } = row;
          const isKnown = status !== 'failed' || (code !== undefined && code in ERRORS && code !== 'INTERNAL');
          if (!isKnown) note(facebookPageId, `ended as ${status} ${code}: ${error}`);
          if (status === 'failed' && !error.includes(facebookPageId)) note(facebookPageId, `names no Page: ${error}`);
          const order = orders[world.pageIds.indexOf(facebookPageId)];
          if (order !== undefined && order.met() === 0) note(facebookPageId, 'was never met');
          // What is called a success is one.
          const differences = status === 'succeeded' ? await differencesOf(facebookPageId) : [];
          if (differences.length > 0) note(facebookPageId, `succeeded, but ${differences[0]}`);
          if (order === undefined && status !== 'succeeded') note(facebookPageId, `was touched: ${status} ${error}`);
        }
        for (const pageId of world.pageIds) {
          for (const line of await findBrokenPromises(client, world.simulator.world.truth(pageId))) note(pageId, line);
        }

        await recover(world, client);
        for (const pageId of world.pageIds) {
          const differences = await differencesOf(pageId);
          if (differences.length > 0) note(pageId, `${differences.length} differences: ${differences[0]}`);
        }
        const { rows: running } = await client.query(`SELECT FROM facebook_sync_runs WHERE status = 'running'`);
        expect(problems).toEqual([]);
        expect(running).toEqual([]);
      },
    );
  }
});

describe('a fault in a run of its own', () => {
  it('is thrown as an error of the catalogue, never raw', async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { pages: CASES.length, conversations: 3 },
      settings: { answerTimeoutMs: ANSWER_TIMEOUT_MS },
    });
    const thrown = CASES.map(async ({ name, effect, times = 12 }, index) => {
      const pageId = must(world.pageIds[index], 'a Page for each case');
      world.simulator.faults.add({ match: { kind: 'conversations', pageId }, times, effect });
      const error: unknown = await world.tidemark.sync({ facebookPageId: pageId }).then(
        () => undefined,
        (reason) => reason,
      );
      if (error !== undefined && (!isTidemarkError(error) || error.code === 'INTERNAL'))
        return [`${name}: ${String(error)}`];
      return [];
    });
    expect((await Promise.all(thrown)).flat()).toEqual([]);
  });
});
