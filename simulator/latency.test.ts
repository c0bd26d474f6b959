import { expect, it } from 'vitest';
import { ask, conversationAt, firstPage, startSmall } from '../test/support/simulator/ask.ts';

const NESTED = { fields: 'id,messages.limit(5){id}' };

it('takes as long in the seed profile as measured: by what is answered, not by what is asked', async () => {
  await using simulator = await startSmall({ profile: 'seed', conversations: 60 });
  const { id } = firstPage(simulator);
  const time = async (path: string, parameters: Record<string, string | number>): Promise<number> => {
    const startMs = performance.now();
    await ask(simulator, path, { parameters });
    return performance.now() - startMs;
  };
  const [light, full, few, edge] = await Promise.all([
    time(`${id}/conversations`, { limit: 100 }),
    time(`${id}/conversations`, { limit: 100, ...NESTED }),
    time(`${id}/conversations`, { limit: 5, ...NESTED }),
    time(`${conversationAt(simulator, 0).id}/messages`, {}),
  ]);
  expect(light).toBeGreaterThanOrEqual(400 + 60 * 0.4);
  expect(full).toBeGreaterThanOrEqual(400 + 60 * 13);
  expect(few).toBeGreaterThanOrEqual(400 + 5 * 13);
  expect(edge).toBeGreaterThanOrEqual(413);
  expect(full).toBeGreaterThan(light * 1.5);
  expect(full).toBeGreaterThan(few * 1.5);
});

it('can be overridden in parts', async () => {
  const latency = { baseMs: 0, perFullConversationMs: 50 };
  await using simulator = await startSmall({ profile: 'seed', conversations: 3, latency });
  await ask(simulator, `${firstPage(simulator).id}/conversations`, { parameters: { limit: 100, ...NESTED } });
  const [call] = simulator.calls.all;
  expect(call?.durationMs).toBeGreaterThanOrEqual(3 * 50);
  // Far below what 100 would cost, and far above what a busy machine adds.
  expect(call?.durationMs).toBeLessThan(40 * 50);
});

it('answers as things were when the call arrived', async () => {
  await using simulator = await startSmall({ latency: { baseMs: 120 } });
  const { id } = firstPage(simulator);
  const before = conversationAt(simulator, 0).id;
  simulator.world.onCall(() => {
    setTimeout(() => simulator.world.newConversation(id), 20);
  });
  const { json } = await ask<{ data: { id: string }[] }>(simulator, `${id}/conversations`);
  expect(json.data[0]?.id).toBe(before);
  expect(conversationAt(simulator, 0).id).not.toBe(before);
});
