import { describe, expect, it } from 'vitest';
import type { SyncEvent, SyncEventBody } from '../core/events.ts';
import { NO_COUNTS } from '../core/model.ts';
import type { RunMode } from '../core/model.ts';
import { createLog } from './log.ts';
import { logSyncEvents } from './log-sync-events.ts';

const CUT_AT = Date.UTC(2024, 10, 10, 10, 0, 0, 0);
const COUNTS = { ...NO_COUNTS, synced: 5, inserted: 3, updated: 2, eventsCreated: 12, graphCalls: 2 };

function logged(mode: RunMode, bodies: readonly SyncEventBody[], logFormat: 'text' | 'json' = 'json'): string[] {
  const lines: string[] = [];
  const sink = logSyncEvents(createLog({ logLevel: 'debug', logFormat }, { write: (line) => lines.push(line) }));
  const run = { runId: 'run-1', page: { id: 'page-1', facebookPageId: '123456789', name: 'Page 1' }, mode };
  for (const body of bodies) sink({ ...run, ...body } as SyncEvent);
  return lines;
}

const messages = (lines: readonly string[]) => lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
const levels = (lines: readonly string[]) => lines.map((line) => (JSON.parse(line) as { level: number }).level);

const FIRST_SYNC: readonly SyncEventBody[] = [
  { type: 'run-started', trigger: 'cli', lookbackStart: undefined },
  { type: 'list-requested' },
  { type: 'batch-processing', conversations: 100 },
];

describe('logSyncEvents', () => {
  it('words a full sync as documented', () => {
    expect(messages(logged('full', FIRST_SYNC))).toEqual([
      '[Sync Conversations] Starting full sync for page: 123456789',
      '[Sync Conversations] Fetching batch...',
      '[Sync Conversations] Processing batch of 100 conversations',
    ]);
  });

  it('words an incremental sync as documented', () => {
    const bodies: readonly SyncEventBody[] = [
      { type: 'run-started', trigger: 'cli', lookbackStart: CUT_AT },
      { type: 'list-requested' },
      { type: 'batch-processing', conversations: 5 },
    ];
    expect(messages(logged('incremental', bodies))).toEqual([
      '[Sync Conversations] Starting incremental sync for page: 123456789',
      '[Sync Conversations] Only fetching conversations updated since: 2024-11-10T10:00:00Z',
      '[Sync Conversations] Fetching batch...',
      '[Sync Conversations] Processing batch of 5 conversations',
    ]);
  });

  it('shows the same sentences literally at the end of a text line, behind the Page', () => {
    expect(logged('full', FIRST_SYNC, 'text').map((line) => line.replace(/^\[[\d:.]+\] /, ''))).toEqual([
      'INFO: 123456789 [Sync Conversations] Starting full sync for page: 123456789\n',
      'INFO: 123456789 [Sync Conversations] Fetching batch...\n',
      'INFO: 123456789 [Sync Conversations] Processing batch of 100 conversations\n',
    ]);
  });

  it('says of each call at the level of debug what it was, also of one that belongs to no run', () => {
    const call = {
      type: 'call-finished',
      channel: { pageId: 'page-1', platform: 'messenger' },
      kind: 'nested',
      status: 'THROTTLED',
      graphCode: 613,
      durationMs: 1700,
      waitedMs: 250,
      usage: { quotas: [{ quota: 'messenger', percent: 12, regainMs: undefined }], unreadable: [] },
    } as const;
    const lines = logged('full', [call]);
    const log = createLog({ logLevel: 'debug', logFormat: 'json' }, { write: (line) => lines.push(line) });
    logSyncEvents(log)({ ...call, channel: undefined, kind: 'accounts', status: 'ok' });
    expect(levels(lines)).toEqual([20, 20]);
    expect(messages(lines)).toEqual([
      '[Sync Conversations] Call (nested) ended after 1.70 s: THROTTLED; it had waited 0.25 s for its turn',
      '[Sync Conversations] Call (accounts) ended after 1.70 s: ok; it had waited 0.25 s for its turn',
    ]);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      sync: { event: 'call-finished', runId: 'run-1', kind: 'nested', graphCode: 613, platform: 'messenger' },
    });
  });

  it('says what a finished, a partial and a failed run did', () => {
    const lines = logged('incremental', [
      { type: 'run-finished', trigger: 'cli', status: 'succeeded', counts: COUNTS, durationMs: 640 },
      { type: 'run-finished', trigger: 'cli', status: 'partial', counts: COUNTS, durationMs: 640 },
      { type: 'run-failed', code: 'TOKEN_EXPIRED', message: 'Facebook refused the token.', durationMs: 640 },
      { type: 'run-failed', code: 'THROTTLED', message: 'Facebook throttles this Page.', durationMs: 640 },
    ]);
    const did = '5 conversations (3 new, 2 changed), 12 messages, 2 calls';
    expect(messages(lines)).toEqual([
      `[Sync Conversations] Finished incremental sync in 0.64 s: ${did}`,
      `[Sync Conversations] Stopped incremental sync after 0.64 s, not complete yet: ${did}; the next sync goes on from here`,
      '[Sync Conversations] Failed incremental sync for page 123456789 after 0.64 s: Facebook refused the token. (TOKEN_EXPIRED)',
      '[Sync Conversations] Failed incremental sync for page 123456789 after 0.64 s: Facebook throttles this Page. (THROTTLED)',
    ]);
    expect(levels(lines)).toEqual([30, 40, 50, 40]);
  });

  it('words a verify, which is no sync, and the fetching of older messages', () => {
    const did = '5 conversations (3 new, 2 changed), 12 messages, 2 calls';
    const ended: readonly SyncEventBody[] = [
      { type: 'run-started', trigger: 'cli', lookbackStart: undefined },
      { type: 'run-finished', trigger: 'cli', status: 'succeeded', counts: COUNTS, durationMs: 640 },
      { type: 'run-finished', trigger: 'cli', status: 'partial', counts: COUNTS, durationMs: 640 },
      { type: 'run-failed', code: 'RUN_CANCELLED', message: 'Run 1 was cancelled.', durationMs: 640 },
    ];
    expect(messages(logged('verify', ended))).toEqual([
      '[Sync Conversations] Verifying page: 123456789',
      `[Sync Conversations] Finished verify in 0.64 s: ${did}`,
      `[Sync Conversations] Stopped verify after 0.64 s, not complete yet: ${did}`,
      '[Sync Conversations] Failed verify for page 123456789 after 0.64 s: Run 1 was cancelled. (RUN_CANCELLED)',
    ]);
    expect(messages(logged('history', ended)).slice(1, 3)).toEqual([
      `[Sync Conversations] Finished fetching of older messages in 0.64 s: ${did}`,
      `[Sync Conversations] Stopped fetching of older messages after 0.64 s, not complete yet: ${did}; the next sync goes on from here`,
    ]);
  });

  it('tells of a lost hint, and warns of a list out of order and a conversation left behind', () => {
    const lines = logged('incremental', [
      { type: 'filter-disabled', reason: 'ignored' },
      { type: 'order-violated', conversationId: 't_1' },
      { type: 'conversation-failed', conversationId: 't_2', reason: 'Facebook refused it' },
      {
        type: 'item-unreadable',
        subject: 'the messages of conversation t_3',
        conversationId: 't_3',
        itemId: 'm_4',
        index: 7,
        reason: 'no created_time',
      },
      { type: 'state-mended', columns: ['watermark', 'nested_limit'] },
    ]);
    expect(levels(lines)).toEqual([30, 40, 40, 40, 40]);
    expect(messages(lines).at(-1)).toContain('facebook_sync_state (watermark, nested_limit) for page: 123456789');
    expect(messages(lines).join('\n')).toMatch(
      /`since` for page: 123456789 \(ignored\).*\n.*t_1 out of order.*\n.*t_2 .*refused it\n.*Entry 7 of the messages of conversation t_3 \(id m_4\).*no created_time/,
    );
  });

  it('warns of a Page that cannot be listed, and of history that could not be begun', () => {
    const lines = logged('incremental', [
      { type: 'list-refused', reason: 'An unknown error occurred', conversations: 25 },
      { type: 'history-not-begun', reason: 'The database cannot be reached.' },
    ]);
    expect(levels(lines)).toEqual([40, 40]);
    expect(messages(lines)).toEqual([
      '[Sync Conversations] Facebook does not list the conversations of page: 123456789 (An unknown error occurred); ' +
        'reading the 25 newest known ones one by one instead',
      '[Sync Conversations] Could not begin to fetch older messages for page: 123456789; the next sync tries again: ' +
        'The database cannot be reached.',
    ]);
  });

  it('keeps the ordinary pace of calls out of the log, and shows a long wait', () => {
    const wait = (waitMs: number) => ({ type: 'call-delayed', waitMs, reason: 'quota' }) as const;
    expect(levels(logged('full', [wait(500), wait(60_000)]))).toEqual([20, 30]);
  });

  it('names run and Page in every JSON line, so that parallel syncs can be told apart', () => {
    for (const line of logged('full', FIRST_SYNC)) {
      expect(JSON.parse(line)).toMatchObject({
        sync: { runId: 'run-1', pageId: 'page-1', facebookPageId: '123456789', mode: 'full' },
      });
    }
  });
});
