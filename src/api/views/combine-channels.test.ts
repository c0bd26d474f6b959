/** How the answers of a Page's channels become one. */
import { describe, expect, it } from 'vitest';
import type { HistoryRow } from '../history.ts';
import type { SyncAnswer } from '../sync.ts';
import type { VerifyAnswer } from '../verify.ts';
import { combineHistories, combineSyncs, combineVerifies } from './combine-channels.ts';
import { TidemarkError } from '../../core/errors.ts';
import type { Platform } from '../../core/model.ts';

const OLDER = '2026-03-01T08:00:00.000Z';
const NEWER = '2026-03-01T09:00:00.000Z';
const DEAD = new TidemarkError('TOKEN_EXPIRED', 'The token is dead.');
const THROTTLED = new TidemarkError('THROTTLED', 'Facebook asks for quiet.');
const PAGE = { pageId: 'p', facebookPageId: '1', pageName: 'Page 1' };

function sync(platform: Platform, fields: Partial<SyncAnswer> = {}) {
  const answer: Omit<SyncAnswer, 'channels'> = {
    success: true,
    syncMode: 'incremental',
    synced: 5,
    inserted: 3,
    updated: 2,
    message: 'Incremental sync: 5 conversation(s) with 12 events',
    skipped: 7,
    checked: 12,
    deleted: 0,
    total: 12,
    eventsCreated: 12,
    status: 'succeeded',
    durationMs: 640,
    duration: '0.64s',
    runId: `run of ${platform}`,
    ...PAGE,
    graphCalls: 2,
    lastSyncedAt: NEWER,
    openRetries: [],
    ...fields,
  };
  return { platform, lastSyncedAt: Date.parse(OLDER), durationMs: 700, answer };
}

function failed(platform: Platform, error = DEAD) {
  return { platform, lastSyncedAt: Date.parse(OLDER), durationMs: 90, error };
}

function verify(platform: Platform, fields: Partial<VerifyAnswer> = {}) {
  const answer: Omit<VerifyAnswer, 'channels'> = {
    success: true,
    runId: `run of ${platform}`,
    ...PAGE,
    missing: [],
    stale: [],
    deleted: [],
    repaired: 0,
    counts: { missing: 1, stale: 2, deleted: 3, missedBySync: 1 },
    inconclusive: null,
    complete: true,
    total: 40,
    status: 'succeeded',
    graphCalls: 3,
    durationMs: 900,
    duration: '0.90s',
    message: 'as the channel says it',
    ...fields,
  };
  return { platform, lastSyncedAt: undefined, durationMs: 900, answer };
}

describe('a sync', () => {
  it('of one channel is the answer of that channel', () => {
    const one = sync('messenger', { code: 'SYNC_INCOMPLETE', reason: 'It was cut.', status: 'partial' });
    const { channels, ...answer } = combineSyncs([one]) as SyncAnswer;
    expect(answer).toEqual(one.answer);
    expect(channels).toEqual([
      {
        platform: 'messenger',
        runId: 'run of messenger',
        syncMode: 'incremental',
        synced: 5,
        inserted: 3,
        updated: 2,
        skipped: 7,
        checked: 12,
        eventsCreated: 12,
        status: 'partial',
        lastSyncedAt: NEWER,
        graphCalls: 2,
        durationMs: 640,
        error: 'It was cut.',
        code: 'SYNC_INCOMPLETE',
      },
    ]);
  });

  it('of two sums what they did; the time is that of the longer one, the run that of the first', () => {
    const slow = { durationMs: 1500, runId: 'other', lastSyncedAt: OLDER };
    expect(combineSyncs([sync('messenger'), sync('instagram', slow)])).toMatchObject({
      synced: 10,
      inserted: 6,
      updated: 4,
      skipped: 14,
      checked: 24,
      total: 24,
      eventsCreated: 24,
      graphCalls: 4,
      durationMs: 1500,
      duration: '1.50s',
      runId: 'run of messenger',
      lastSyncedAt: OLDER,
      status: 'succeeded',
      message: 'Incremental sync: 10 conversation(s) with 24 events',
      channels: [{ platform: 'messenger' }, { platform: 'instagram', runId: 'other', durationMs: 1500 }],
    });
  });

  const full = { syncMode: 'full' } as const;
  const cut = { status: 'partial' } as const;
  const why = { ...cut, code: 'SYNC_INCOMPLETE', reason: 'It was cut.' };
  it.each([
    { name: 'full when one walked fully', of: [sync('messenger'), sync('instagram', full)], is: { syncMode: 'full' } },
    { name: 'partial when one was cut', of: [sync('messenger'), sync('instagram', cut)], is: { status: 'partial' } },
    {
      name: 'partial with the reason of the one that has one',
      of: [sync('messenger', cut), sync('instagram', why)],
      is: { status: 'partial', code: 'SYNC_INCOMPLETE', reason: 'Instagram: It was cut.' },
    },
    {
      name: 'partial when one failed, with its reason before that of a cut',
      of: [sync('messenger', why), failed('instagram')],
      is: {
        success: true,
        status: 'partial',
        code: 'TOKEN_EXPIRED',
        reason: 'Instagram: The token is dead.',
        synced: 5,
      },
    },
    {
      name: 'as old as the one that failed',
      of: [sync('messenger'), failed('instagram')],
      is: {
        lastSyncedAt: OLDER,
        channels: [{}, { status: 'failed', error: 'The token is dead.', lastSyncedAt: OLDER }],
      },
    },
    {
      name: 'of the run that there is when the first one failed',
      of: [failed('messenger'), sync('instagram')],
      is: { runId: 'run of instagram', reason: 'Messenger: The token is dead.', status: 'partial' },
    },
    {
      name: 'without a time while one was never synced',
      of: [sync('messenger'), { ...failed('instagram'), lastSyncedAt: undefined }],
      is: { lastSyncedAt: null },
    },
  ])('is $name', ({ of, is }) => {
    expect(combineSyncs(of)).toMatchObject(is);
  });

  it('is a failure only when every channel failed: the first one', () => {
    expect(combineSyncs([failed('messenger', THROTTLED), failed('instagram')])).toBe(THROTTLED);
  });
});

describe('a verify', () => {
  it('sums what differs, and is complete when every channel is', () => {
    const half = { complete: false, status: 'partial', inconclusive: 'Not asked.' } as const;
    expect(combineVerifies([verify('messenger'), verify('instagram', half)])).toMatchObject({
      counts: { missing: 2, stale: 4, deleted: 6, missedBySync: 2 },
      total: 80,
      complete: false,
      status: 'partial',
      inconclusive: 'Not asked.',
      graphCalls: 6,
      message: '80 conversations compared, not all yet: 2 missing, 4 stale, 6 deleted; syncs have missed 2',
      channels: [{ status: 'succeeded' }, { status: 'partial', complete: false }],
    });
  });

  it('of one channel is the answer of that channel', () => {
    const { channels, ...answer } = combineVerifies([verify('messenger')]) as VerifyAnswer;
    expect(answer).toEqual(verify('messenger').answer);
    expect(channels).toMatchObject([{ platform: 'messenger', runId: 'run of messenger', total: 40 }]);
  });

  it('is partial when one failed, and a failure when all did', () => {
    expect(combineVerifies([verify('messenger'), failed('instagram')])).toMatchObject({
      status: 'partial',
      complete: false,
      code: 'TOKEN_EXPIRED',
      reason: 'Instagram: The token is dead.',
    });
    expect(combineVerifies([failed('messenger'), failed('instagram', THROTTLED)])).toBe(DEAD);
  });
});

it.each([
  ['succeeded', 'succeeded', 'succeeded'],
  ['succeeded', 'busy', 'partial'],
  ['busy', 'busy', 'busy'],
  ['failed', 'succeeded', 'partial'],
  ['failed', 'failed', 'failed'],
  ['partial', 'succeeded', 'partial'],
] as const)('history that is %s and %s is %s', (one, other, both) => {
  const row = (status: HistoryRow['status']): HistoryRow => ({
    ...PAGE,
    status,
    eventsCreated: 4,
    graphCalls: 1,
    ...(status === 'failed' && { error: 'x', code: 'X' }),
  });
  const combined = combineHistories([row(one), row(other)]);
  expect(combined).toMatchObject({ status: both, eventsCreated: 8, graphCalls: 2 });
  expect(combined.code).toBe(one === 'failed' ? 'X' : undefined);
});
