import { describe, expect, it } from 'vitest';
import { createMeter } from './meter.ts';
import { ask, conversationAt, firstPage, startSmall } from '../test/support/simulator/ask.ts';
import type { ShownError } from '../test/support/simulator/ask.ts';

describe('the meter', () => {
  it('allows two calls in any second, to the millisecond', () => {
    const meter = createMeter(2);
    const admit = (arrivedMs: number): boolean => meter.admit('a', { arrivedMs, units: 1 });
    expect([0, 400, 999].map(admit)).toEqual([true, true, false]);
    // The refused one of 999 counts, so at 1,400 there is one place and at 1,401 none.
    expect([1400, 1401, 1998].map(admit)).toEqual([true, false, false]);
    expect([3000, 3500, 4000, 4500, 5000].map(admit)).toEqual([true, true, true, true, true]);
  });

  it('keeps keys apart and counts every unit of a call', () => {
    const meter = createMeter(2);
    expect(meter.admit('a', { arrivedMs: 0, units: 3 })).toBe(false);
    expect(meter.admit('b', { arrivedMs: 1, units: 2 })).toBe(true);
    expect(meter.admit('b', { arrivedMs: 2, units: 1 })).toBe(false);
  });

  it('switches off at 0', () => {
    const meter = createMeter(0);
    expect([0, 0, 0, 0].map((arrivedMs) => meter.admit('a', { arrivedMs, units: 1 }))).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });
});

describe('the call limit', () => {
  it('refuses the third call within a second with 613 and records the violation', async () => {
    // The clock of this world gallops: the limit must not care.
    let now = Date.parse('2026-11-20T10:00:00Z');
    await using simulator = await startSmall({ callsPerSecond: 2, now: () => (now += 10_000) });
    const page = firstPage(simulator);
    const { id } = conversationAt(simulator, 0);
    const paths = [`${page.id}/conversations`, `${id}/messages`, id];
    const replies = await Promise.all(paths.map((path) => ask<ShownError>(simulator, path)));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 200, 400]);
    expect(replies.find(({ status }) => status === 400)?.json.error).toMatchObject({ code: 613 });
    expect(simulator.calls.violations).toMatchObject([
      { rule: 'calls-per-second', pageId: page.id, platform: 'messenger' },
    ]);
    expect(simulator.calls.ofPage(page.id)).toMatchObject({ calls: 3, errors: 1, violations: 1 });
  });

  it('is kept per Page and per platform', async () => {
    await using simulator = await startSmall({ callsPerSecond: 2, pages: 2, instagramConversations: 1 });
    const calls = simulator.world.pages.flatMap(({ id, token }) =>
      ['messenger', 'messenger', 'instagram', 'instagram'].map((platform) =>
        ask(simulator, `${id}/conversations`, { token, parameters: { platform } }),
      ),
    );
    const replies = await Promise.all(calls);
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(simulator.calls.violations).toEqual([]);
  });

  it('does not count reads of Pages, and counts every id of ?ids=', async () => {
    await using simulator = await startSmall({ callsPerSecond: 2 });
    const page = firstPage(simulator);
    for (let count = 0; count < 5; count += 1) expect((await ask(simulator, page.id)).status).toBe(200);
    const ids = [0, 1, 2].map((offset) => conversationAt(simulator, offset).id).join(',');
    expect((await ask<ShownError>(simulator, '', { parameters: { ids } })).json.error.code).toBe(613);
  });

  it('uses up no fault for a call it refuses', async () => {
    await using simulator = await startSmall({ callsPerSecond: 1 });
    const path = `${firstPage(simulator).id}/conversations`;
    const fault = simulator.faults.add({ match: { after: 1 }, effect: { type: 'html' } });
    await ask(simulator, path);
    expect((await ask<ShownError>(simulator, path)).json.error.code).toBe(613);
    expect(fault.met()).toBe(0);
  });
});
