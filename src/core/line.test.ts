import { describe, expect, it } from 'vitest';
import { createLine } from './line.ts';

describe('a line', () => {
  it('serves in the order of coming, and before all others who goes first', async () => {
    const line = createLine();
    const served: string[] = [];
    const queue = async (name: string, goesFirst: boolean) => {
      const place = line.join(goesFirst);
      await place.untilNext();
      place.enter();
      served.push(name);
      await Promise.resolve();
      place.leave();
    };
    await Promise.all([
      queue('a', false),
      queue('b', false),
      queue('first', true),
      queue('second', true),
      queue('c', false),
    ]);
    expect(served).toEqual(['a', 'first', 'second', 'b', 'c']);
  });

  it('lets nobody pass one who was let in and has not gone', () => {
    const line = createLine();
    const inside = line.join(false);
    inside.enter();
    const first = line.join(true);
    expect(first.isNext).toBe(false);
    inside.leave();
    inside.leave();
    expect(first.isNext).toBe(true);
  });

  it('takes the turn back from one who was told and has not entered', () => {
    const line = createLine();
    const early = line.join(false);
    expect(early.isNext).toBe(true);
    const first = line.join(true);
    expect([early.isNext, first.isNext]).toEqual([false, true]);
  });
});
