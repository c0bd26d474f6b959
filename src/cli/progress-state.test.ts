import { describe, expect, it } from 'vitest';
import type { SyncEvent, SyncEventBody } from '../core/events.ts';
import { NO_COUNTS, type RunMode } from '../core/model.ts';
import { advance, NOTHING_DONE, totalOf } from './progress-state.ts';

const PAGE = { id: 'p', facebookPageId: '1', name: 'Page 1' };

function after(mode: RunMode, ...events: readonly SyncEventBody[]) {
  const told = events.map((event): SyncEvent => ({ runId: 'r', page: PAGE, platform: 'messenger', mode, ...event }));
  return told.reduce(advance, NOTHING_DONE);
}

const counts = (changes: Partial<typeof NO_COUNTS>) => ({ ...NO_COUNTS, ...changes });

describe('how far a run is', () => {
  it('counts what is current as done and shows what was synced', () => {
    const state = after(
      'full',
      { type: 'list-surveyed', listed: 100, differing: 100 },
      { type: 'batch-committed', counts: counts({ synced: 3, skipped: 47 }) },
    );
    expect(state).toMatchObject({ done: 50, shown: 3, found: 100 });
    expect(totalOf(state, 0)).toBe(200);
    expect(totalOf(advance(state, { ...told(), type: 'survey-finished' }), 0)).toBe(100);
  });

  it('of a verify is what it has listed', () => {
    const state = after('verify', { type: 'list-surveyed', listed: 100, differing: 3 });
    expect(state).toMatchObject({ done: 100, shown: 100, found: 100 });
  });

  it('of older messages is how many conversations are down to their first one', () => {
    const step = { type: 'history-committed', conversationId: 't', messages: 100 } as const;
    const state = after('history', { ...step, complete: false }, { ...step, complete: true });
    expect(state).toMatchObject({ shown: 1, counts: { eventsCreated: 200 } });
  });

  it('tells of a long wait until something happens', () => {
    const waits = after('full', { type: 'call-delayed', waitMs: 45_000, reason: 'Facebook asks for it.' });
    expect(waits.pause).toBe('waits 45.0 s: Facebook asks for it.');
    expect(advance(waits, { ...told(), type: 'list-requested' }).pause).toBeUndefined();
    expect(after('full', { type: 'call-delayed', waitMs: 500, reason: 'its turn' }).pause).toBeUndefined();
  });

  function told() {
    return { runId: 'r', page: PAGE, platform: 'messenger', mode: 'full' } as const;
  }
});
