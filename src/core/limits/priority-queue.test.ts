import { describe, expect, it } from 'vitest';
import { createPriorityQueue, type Priority } from './priority-queue.ts';

describe('a priority queue', () => {
  it('serves in the order of coming, and before all others those with high priority', async () => {
    const queue = createPriorityQueue();
    const served: string[] = [];
    const serve = async (name: string, priority: Priority) => {
      const ticket = queue.join(priority);
      await ticket.untilNext();
      ticket.admit();
      served.push(name);
      await Promise.resolve();
      ticket.leave();
    };
    await Promise.all([
      serve('a', 'normal'),
      serve('b', 'normal'),
      serve('first', 'high'),
      serve('second', 'high'),
      serve('c', 'normal'),
    ]);
    expect(served).toEqual(['a', 'first', 'second', 'b', 'c']);
  });

  it('lets nobody pass one who was admitted and has not left', () => {
    const queue = createPriorityQueue();
    const admitted = queue.join('normal');
    admitted.admit();
    const first = queue.join('high');
    expect(first.isNext).toBe(false);
    admitted.leave();
    admitted.leave();
    expect(first.isNext).toBe(true);
  });

  it('takes the turn back from one who was told and is not admitted', () => {
    const queue = createPriorityQueue();
    const early = queue.join('normal');
    expect(early.isNext).toBe(true);
    const first = queue.join('high');
    expect([early.isNext, first.isNext]).toEqual([false, true]);
  });
});
