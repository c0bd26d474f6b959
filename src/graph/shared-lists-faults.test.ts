import { describe, expect, test } from 'vitest';
import { isGraphError } from '../core/errors.ts';
import type { JsonValue } from '../core/model.ts';
import { must } from '../lib/must.ts';
import { errors, refusal } from '../../test/support/graph/payloads.ts';
import { jumpingClock, testClient } from '../../test/support/graph/ports.ts';
import { graphErrorOf } from '../../test/support/graph/requests.ts';
import { asked, settled, stubRequest, toParts, truthOf, withPages } from '../../test/support/graph/shared-scene.ts';
import { startStub } from '../../test/support/graph/stub-server.ts';

describe('trouble in one part is of that Page alone (I8)', () => {
  const kinds = {
    'a dead token': { effect: { type: 'error', code: 190, subcode: 463 }, ends: 'token', parks: 0 },
    'a passing fault': { effect: { type: 'error', code: 1, status: 500 }, ends: 'well', parks: 0 },
    'too many calls per second': { effect: { type: 'error', code: 613 }, ends: 'well', parks: 1 },
    'a quota': { effect: { type: 'error', code: 80_006 }, ends: 'throttled', parks: 1 },
    'a part that is not done': { effect: { type: 'hang' }, ends: 'well', parks: 0 },
    'a part that is no JSON': { effect: { type: 'html' }, ends: 'well', parks: 0 },
    'an empty part': { effect: { type: 'empty' }, ends: 'well', parks: 0 },
  } as const;

  test.each(Object.entries(kinds))('%s', async (_name, { effect, ends, parks }) => {
    await withPages({}, async ({ simulator, pages, look }) => {
      const troubled = must(pages[2], 'a Page');
      simulator.faults.add({ match: { kind: 'conversations', pageId: troubled.id }, effect });
      const looks = pages.map((page) => look(page));
      const answers = await settled(looks);
      for (const [index, page] of pages.entries()) {
        const { gate, reports } = must(looks[index], 'a look');
        if (page === troubled) continue;
        expect((answers[index] as string[]).toSorted()).toEqual(truthOf(simulator, page));
        expect([gate.log, reports.length]).toEqual([['enter'], 1]);
        expect(simulator.calls.ofPage(page.id).calls).toBe(1);
      }
      const { gate, reports } = must(looks[2], 'a look');
      expect(gate.parks).toHaveLength(parks);
      const end = answers[2];
      if (ends === 'well') {
        expect((end as string[]).toSorted()).toEqual(truthOf(simulator, troubled));
        expect(reports.map(({ outcome }) => outcome === 'answered')).toEqual([false, true]);
        expect(asked(simulator)).toEqual({ batches: 1, inBatch: 5, alone: 1 });
      } else {
        expect(isGraphError(end, ends)).toBe(true);
        expect((end as Error).message).toContain(troubled.id);
        expect(asked(simulator)).toEqual({ batches: 1, inBatch: 5, alone: 0 });
      }
    });
  });
});

describe('a batch that fails as a whole', () => {
  const wholes = {
    'a cut connection': { type: 'reset' },
    'half an answer': { type: 'truncated' },
    'no answer in time': { type: 'hang' },
    nothing: { type: 'empty' },
    HTML: { type: 'body', status: 502, body: '<html>Bad gateway</html>' },
    'a dead token': { type: 'body', status: 400, body: JSON.stringify(refusal(errors.expired)) },
    'a missing permission': { type: 'body', status: 403, body: JSON.stringify(refusal({ code: 10, message: 'no' })) },
    "one Page's quota": { type: 'body', status: 400, body: JSON.stringify(refusal(errors.messengerQuota)) },
    'too few parts': { type: 'body', status: 200, body: '[null]' },
    'another form': { type: 'body', status: 200, body: '{"data":[]}' },
  } as const;

  test.each(Object.entries(wholes))(
    'is no answer for any Page, and each is asked by itself: %s',
    async (_name, effect) => {
      await withPages({ client: { timeoutMs: 2000 } }, async ({ simulator, pages, look }) => {
        simulator.faults.add({ match: { kind: 'batch' }, effect });
        const looks = pages.map((page) => look(page));
        const ends = await settled(looks);
        for (const [index, page] of pages.entries()) {
          const { gate, reports } = must(looks[index], 'a look');
          expect((ends[index] as string[]).toSorted()).toEqual(truthOf(simulator, page));
          expect([gate.log, gate.parks]).toEqual([['enter', 'enter'], []]);
          expect(reports.map(({ outcome }) => outcome)).toEqual(['transient', 'answered']);
        }
        expect(asked(simulator)).toEqual({ batches: 1, inBatch: 5, alone: 5 });
      });
    },
  );

  test('because the app has to keep quiet, parks the app and is not asked again', async () => {
    await withPages({}, async ({ simulator, pages, look }) => {
      const body = JSON.stringify(refusal({ code: 4, message: 'Application request limit reached' }));
      simulator.faults.add({ match: { kind: 'batch' }, effect: { type: 'body', status: 403, body } });
      const looks = pages.map((page) => look(page));
      for (const { ids, gate } of looks) {
        expect((await graphErrorOf(ids)).kind).toBe('throttled');
        expect(gate.parks).toMatchObject([{ scope: 'app' }]);
      }
      expect(asked(simulator)).toEqual({ batches: 1, inBatch: 5, alone: 0 });
    });
  });

  test('is put off for as long as a busy host wishes', async () => {
    await using stub = await startStub(
      { status: 503, text: 'busy', headers: { 'retry-after': '20' } },
      { json: { data: [] } },
    );
    const clock = jumpingClock();
    const client = testClient(stub.baseUrl, { sharesLists: true, clock });
    await Promise.all([client.get(stubRequest('1')), client.get(stubRequest('2'))]);
    expect(clock.sleeps.filter((ms) => ms === 20_000)).toHaveLength(2);
    expect(stub.seen.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET']);
    await client.close();
  });
});

describe('whoever had trouble on the way', () => {
  test('travels alone until it was answered well', async () => {
    await withPages({}, async ({ simulator, pages, look }) => {
      const [dead] = pages;
      simulator.world.killToken(must(dead, 'a Page').id);
      const round = async () => {
        simulator.calls.clear();
        await settled(pages.map((page) => look(page)));
        return asked(simulator);
      };
      expect(await round()).toEqual({ batches: 1, inBatch: 5, alone: 0 });
      expect(await round()).toEqual({ batches: 1, inBatch: 4, alone: 1 });
      expect(await round()).toEqual({ batches: 1, inBatch: 4, alone: 1 });
      simulator.world.renewToken(must(dead, 'a Page').id);
      expect(await round()).toEqual({ batches: 1, inBatch: 4, alone: 1 });
      expect(await round()).toEqual({ batches: 1, inBatch: 5, alone: 0 });
    });
  });

  test('slow answers are such trouble, and those who waited are cleared by a quick one', async () => {
    let slowMs = 5000;
    const clock = jumpingClock();
    const answer: JsonValue = { data: [] };
    await using stub = await startStub(({ method, body }) => {
      void clock.sleep(slowMs);
      const parts = method === 'POST' ? toParts(body).map(() => ({ code: 200, body: JSON.stringify(answer) })) : answer;
      return { json: parts };
    });
    const client = testClient(stub.baseUrl, { sharesLists: true, clock });
    const round = async () => {
      const before = stub.seen.length;
      await Promise.all([client.get(stubRequest('1')), client.get(stubRequest('2'))]);
      return stub.seen.slice(before).map(({ method }) => method);
    };
    expect(await round()).toEqual(['POST']);
    expect(await round()).toEqual(['GET', 'GET']);
    slowMs = 100;
    expect(await round()).toEqual(['GET', 'GET']);
    expect(await round()).toEqual(['POST']);
    await client.close();
  });
});
