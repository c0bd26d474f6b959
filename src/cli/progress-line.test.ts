import { describe, expect, it } from 'vitest';
import { columnsOf } from '../lib/columns.ts';
import { renderProgressLine } from './progress-line.ts';
import { NOTHING_DONE, type ProgressState } from './progress-state.ts';
import { NO_COUNTS } from '../core/model.ts';

const NAMES = ['Page 1', 'The Corner Bakery and Café at the Old Market', '東京のパン屋さん', ''];
const counts = { ...NO_COUNTS, synced: 12_345, eventsCreated: 1_234_567, graphCalls: 1_234 };
const BUSY: ProgressState = { ...NOTHING_DONE, done: 12_345, shown: 12_345, found: 20_000, counts };
const STATES: readonly ProgressState[] = [
  NOTHING_DONE,
  BUSY,
  { ...BUSY, ending: 'done in 123.4 s' },
  { ...BUSY, ending: 'failed: PERMISSION_MISSING' },
  { ...BUSY, pause: `waits 2700 s: ${'Facebook asks for quiet. '.repeat(9)}` },
];

function render(state: ProgressState, columns: number, name = 'Page 1'): string {
  return renderProgressLine({
    name,
    nameWidth: columnsOf(name),
    state,
    expected: 0,
    columns,
    paint: (_, text) => text,
  });
}

describe('a line of progress', () => {
  it('is never wider than the terminal, whatever is in it', () => {
    for (const state of STATES) {
      for (const name of NAMES) {
        for (let columns = 30; columns <= 200; columns += 1) {
          expect(columnsOf(render(state, columns, name))).toBeLessThan(columns);
        }
      }
    }
  });

  it('lets the bar give way before a figure', () => {
    const state = { ...BUSY, ending: 'done in 123.4 s' };
    const barOf = (columns: number) => (render(state, columns).match(/[━─]/g) ?? []).length;
    expect([200, 110, 100, 80].map(barOf)).toEqual([28, 27, 17, 11]);
    for (let columns = 60; columns <= 200; columns += 1) {
      expect(render(state, columns)).toMatch(/ 12,345 conv.* 1,234,567 m.*done in 123\.4 s$/);
    }
  });

  it('shows how far it is, and is full only when it is done', () => {
    const barOf = (state: ProgressState) => render(state, 200).match(/[━─]+/)?.[0];
    expect(barOf(NOTHING_DONE)).toBe('─'.repeat(28));
    expect(barOf({ ...BUSY, done: 50, found: 100, isListed: true })).toBe('━'.repeat(14) + '─'.repeat(14));
    // More may be listed yet.
    expect(barOf({ ...BUSY, done: 100, found: 100 })).toBe('━'.repeat(14) + '─'.repeat(14));
    expect(barOf({ ...BUSY, ending: 'done in 1.00 s' })).toBe('━'.repeat(28));
    expect(barOf({ ...BUSY, done: 50, found: 100, isListed: true, ending: 'failed: INTERNAL' })).toContain('─');
  });
});
