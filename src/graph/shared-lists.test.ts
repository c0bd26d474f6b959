import { describe, expect, test } from 'vitest';
import { must } from '../lib/must.ts';
import { Secret } from '../lib/secret.ts';
import { jumpingClock, recordingGate, testClient } from '../../test/support/graph/ports.ts';
import { errorOf } from '../../test/support/graph/requests.ts';
import { asked, settled, stubRequest, truthOf, withPages } from '../../test/support/graph/shared-scene.ts';
import { startStub } from '../../test/support/graph/stub-server.ts';

describe('first looks at several Pages', () => {
  test('travel in one request: each with its own token, proof, admission, usage and report', async () => {
    const client = { appSecret: new Secret('simulated-app-secret'), clock: { ...jumpingClock(), now: Date.now } };
    await withPages({ requireProof: true, client }, async ({ simulator, pages, look }) => {
      const looks = pages.map((page) => look(page));
      for (const [index, { ids, gate, reports }] of looks.entries()) {
        const page = must(pages[index], 'as many looks as Pages');
        expect((await ids).toSorted()).toEqual(truthOf(simulator, page));
        expect(gate.log).toEqual(['enter']);
        expect(gate.usages).toHaveLength(1);
        expect(gate.usages[0]?.map(({ pool }) => pool)).toContain('messenger');
        expect(reports).toMatchObject([
          { outcome: 'answered', httpStatus: 200, subject: expect.stringContaining(page.id) },
        ]);
      }
      expect(asked(simulator)).toEqual({ batches: 1, inBatch: 5, alone: 0 });
    });
  });

  test('are told the time by the host', async () => {
    const part = { code: 200, body: '{"data":[]}' };
    await using stub = await startStub({ json: [part, part], headers: { date: 'Fri, 02 Jan 2026 03:04:05 GMT' } });
    const client = testClient(stub.baseUrl, { sharesLists: true });
    const answers = await Promise.all(['1', '2'].map((id) => client.get(stubRequest(id))));
    expect(answers.map(({ servedAt }) => servedAt)).toEqual([
      Date.UTC(2026, 0, 2, 3, 4, 5),
      Date.UTC(2026, 0, 2, 3, 4, 5),
    ]);
    await client.close();
  });

  test('go by fifty at most', async () => {
    await withPages({ pages: 120, conversations: 1 }, async ({ simulator, pages, look }) => {
      await settled(pages.map((page) => look(page)));
      expect(asked(simulator)).toEqual({ batches: 3, inBatch: 120, alone: 0 });
    });
  });

  test('are an ordinary call when there is only one', async () => {
    await withPages({}, async ({ simulator, pages: [page], look }) => {
      await look(must(page, 'a Page')).ids;
      expect(asked(simulator)).toEqual({ batches: 0, inBatch: 0, alone: 1 });
    });
  });

  test('are never two of one Page in a batch', async () => {
    await withPages({ instagramConversations: 2 }, async ({ simulator, pages, look }) => {
      const [first, second] = [must(pages[0], 'a Page'), must(pages[1], 'another')];
      const params = { platform: 'instagram', fields: 'id', limit: 25 };
      const looks = [look(first), look(first, { params }), look(second), look(first)];
      expect((await settled(looks)).map((ids) => (ids as string[]).length)).toEqual([3, 2, 3, 3]);
      expect(asked(simulator)).toEqual({ batches: 1, inBatch: 2, alone: 2 });
    });
  });

  test('leave the others in peace: calls that may not share, and clients that do not', async () => {
    await withPages({}, async ({ simulator, pages, look }) => {
      await settled(pages.map((page) => look(page, { mayShare: undefined })));
      expect(asked(simulator)).toEqual({ batches: 0, inBatch: 0, alone: 5 });
    });
    await withPages({ client: { sharesLists: false } }, async ({ simulator, pages, look }) => {
      await settled(pages.map((page) => look(page)));
      expect(asked(simulator)).toEqual({ batches: 0, inBatch: 0, alone: 5 });
    });
  });

  test('count as departed when the request leaves, not while they wait for company (I7)', async () => {
    const log: string[] = [];
    await using stub = await startStub(() => {
      log.push('arrived');
      return {
        json: [
          { code: 200, body: '{}' },
          { code: 200, body: '{}' },
        ],
      };
    });
    const gathered = Promise.withResolvers<void>();
    const clock = { ...jumpingClock(), sleep: () => gathered.promise };
    const client = testClient(stub.baseUrl, { sharesLists: true, clock });
    const gate = { ...recordingGate(), enter: async () => () => void log.push('departed') };
    const both = Promise.all([client.get(stubRequest('1', { gate })), client.get(stubRequest('2', { gate }))]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual([]);
    gathered.resolve();
    await both;
    expect(log.slice(0, 3)).toEqual(['departed', 'departed', 'arrived']);
    await client.close();
  });
});

describe('a run that ends', () => {
  test('before the batch leaves is not asked for, and counts no call', async () => {
    await withPages({}, async ({ simulator, pages, look, clock }) => {
      const controller = new AbortController();
      const reason = new Error('the run was cancelled');
      // The wait for company is the only thing that the clock is asked for here.
      const sleep = clock.sleep.bind(clock);
      const looks = pages.map((page, index) => look(page, index === 1 ? { signal: controller.signal } : {}));
      Object.assign(clock, {
        sleep: async (ms: number) => {
          controller.abort(reason);
          await sleep(ms);
        },
      });
      const ends = await settled(looks);
      expect(ends[1]).toBe(reason);
      expect(ends.filter(Array.isArray)).toHaveLength(4);
      expect(asked(simulator)).toEqual({ batches: 1, inBatch: 4, alone: 0 });
      expect(simulator.calls.ofPage(must(pages[1], 'a Page').id).calls).toBe(0);
    });
  });

  test('on the way is handed its reason at once, and the others get their answers', async () => {
    const arrived = Promise.withResolvers<void>();
    await using stub = await startStub({
      json: [
        { code: 200, body: '{"data":[1]}' },
        { code: 200, body: '{"data":[2]}' },
      ],
    });
    const controller = new AbortController();
    const client = testClient(stub.baseUrl, { sharesLists: true });
    const gate = { ...recordingGate(), enter: async () => () => arrived.resolve() };
    const ended = errorOf(client.get(stubRequest('1', { signal: controller.signal, gate })));
    const other = client.get(stubRequest('2', { gate }));
    await arrived.promise;
    controller.abort(new Error('cancelled'));
    expect(await ended).toMatchObject({ message: 'cancelled' });
    expect((await other).body).toEqual({ data: [2] });
    await client.close();
  });

  test('the last of a batch breaks the request off', async () => {
    const arrived = Promise.withResolvers<void>();
    await using stub = await startStub(() => {
      arrived.resolve();
      return { fault: 'hang' };
    });
    const client = testClient(stub.baseUrl, { sharesLists: true, timeoutMs: 600_000 });
    const controllers = [new AbortController(), new AbortController()];
    const ends = controllers.map(({ signal }, index) => errorOf(client.get(stubRequest(`${index + 1}`, { signal }))));
    await arrived.promise;
    for (const controller of controllers) controller.abort(new Error('closed'));
    for (const end of ends) expect(await end).toMatchObject({ message: 'closed' });
    await client.close();
    expect(stub.seen).toHaveLength(1);
  });
});
