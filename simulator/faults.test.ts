import { describe, expect, it } from 'vitest';
import { must } from '../src/lib/must.ts';
import { ask, firstPage, idsOf, startSmall, walk } from '../test/support/simulator/ask.ts';
import type { ShownError, ShownList } from '../test/support/simulator/ask.ts';
import type { FaultEffect, ListTwist } from './faults.ts';
import type { Simulator } from './server.ts';

const listPath = (simulator: Simulator): string => `${firstPage(simulator).id}/conversations`;

const truthIds = (simulator: Simulator): string[] =>
  simulator.world.truth(firstPage(simulator).id).conversations.map(({ id }) => id);

describe('a fault', () => {
  it('meets the call it is meant for, as often as ordered', async () => {
    await using simulator = await startSmall({ pages: 2 });
    const { id: pageId } = firstPage(simulator);
    const fault = simulator.faults.add({
      match: { pageId, kind: 'conversations', after: 1 },
      times: 2,
      effect: { type: 'error', code: 1 },
    });
    const other = must(simulator.world.pages[1], 'a second Page');
    await ask(simulator, `${other.id}/conversations`, { token: other.token });
    await ask(simulator, pageId);
    const statuses: number[] = [];
    for (let count = 0; count < 4; count += 1) statuses.push((await ask(simulator, listPath(simulator))).status);
    expect(statuses).toEqual([200, 500, 500, 200]);
    expect(fault.met()).toBe(2);
  });

  it('stays until removed when it is ordered for always', async () => {
    await using simulator = await startSmall();
    const fault = simulator.faults.add({ times: 'always', effect: { type: 'error', code: 4 } });
    expect((await ask(simulator, listPath(simulator))).status).toBe(403);
    expect((await ask(simulator, 'me')).status).toBe(403);
    fault.remove();
    expect((await ask(simulator, 'me')).status).toBe(200);
  });

  it.each([
    [{ code: 1 }, 500, 'An unknown error occurred'],
    [{ code: 2, isTransient: true }, 500, 'An unexpected error has occurred. Please retry your request later.'],
    [{ code: 1, subcode: 1965014, isTransient: false, status: 400 }, 400, 'An unknown error occurred'],
    [{ code: 10 }, 400, '(#10) Application does not have permission for this action'],
    [{ code: 17 }, 400, '(#17) User request limit reached'],
    [{ code: 32 }, 400, '(#32) Page request limit reached'],
    [{ code: 104 }, 400, '(#104) Incorrect signature'],
    [{ code: 200 }, 403, '(#200) Permissions error'],
    [{ code: 368 }, 400, '(#368) The action attempted has been deemed abusive or is otherwise disallowed'],
    [{ code: 613 }, 400, '(#613) Calls to this api have exceeded the rate limit.'],
    [{ code: 80001 }, 400, '(#80001) There have been too many calls to this Page account. Wait a bit and try again.'],
    [{ code: 100, message: 'As told', status: 418, errorType: 'IGApiException' }, 418, 'As told'],
  ] as const)('can be the error %o', async (error, status, message) => {
    await using simulator = await startSmall();
    simulator.faults.add({ effect: { type: 'error', ...error } });
    const reply = await ask<ShownError>(simulator, listPath(simulator));
    expect(reply.status).toBe(status);
    expect(reply.json.error).toMatchObject({ code: error.code, message, fbtrace_id: expect.any(String) });
    expect(reply.json.error.error_subcode).toBe('subcode' in error ? error.subcode : undefined);
    expect(reply.json.error.is_transient).toBe('isTransient' in error ? error.isTransient : undefined);
    expect(simulator.calls.all.at(-1)).toMatchObject({ status, code: error.code });
  });

  it('can be an error with next to nothing in it, after a while', async () => {
    await using simulator = await startSmall();
    simulator.faults.add({ effect: { type: 'error', code: 2, bare: true, delayMs: 80 } });
    const { json } = await ask<ShownError>(simulator, listPath(simulator));
    expect(Object.keys(json.error)).toEqual(['message', 'code']);
    expect(simulator.calls.all[0]?.durationMs).toBeGreaterThanOrEqual(80);
  });

  it.each(['reset', 'truncated'] as const)('can end the connection: %s', async (type) => {
    await using simulator = await startSmall();
    simulator.faults.add({ effect: { type } });
    await expect(ask(simulator, listPath(simulator))).rejects.toThrow(/fetch failed|terminated/);
    expect(simulator.calls.all[0]?.status).toBe(0);
    expect((await ask(simulator, listPath(simulator))).status).toBe(200);
  });

  it('can leave a call without an answer until the client gives up', async () => {
    await using simulator = await startSmall();
    simulator.faults.add({ effect: { type: 'hang' } });
    const { token } = firstPage(simulator);
    const url = `${simulator.url}/v25.0/${listPath(simulator)}?access_token=${token}`;
    await expect(fetch(url, { signal: AbortSignal.timeout(150) })).rejects.toThrow(/timeout/);
    expect((await ask(simulator, listPath(simulator))).status).toBe(200);
  });

  it.each([
    [{ type: 'html' }, 502, /^<!DOCTYPE html>/],
    [{ type: 'html', status: 200 }, 200, /^<!DOCTYPE html>/],
    [{ type: 'empty' }, 200, /^$/],
    [{ type: 'half-json' }, 200, /^\{"data":.*[^}]$/],
    [{ type: 'body', status: 500, body: '{"error":1}' }, 500, /^\{"error":1\}$/],
  ] satisfies [FaultEffect, number, RegExp][])('can be the body of %o', async (effect, status, expected) => {
    await using simulator = await startSmall();
    simulator.faults.add({ effect });
    const reply = await ask(simulator, listPath(simulator));
    expect(reply.status).toBe(status);
    expect(reply.text).toMatch(expected);
    if (effect.type !== 'body') expect(() => reply.json).toThrow(/JSON/);
  });

  it('can fill a pool under a call', async () => {
    let now = Date.parse('2026-11-20T10:00:00Z');
    await using simulator = await startSmall({ now: () => now });
    simulator.faults.add({ effect: { type: 'throttle', blockedMs: 1500 } });
    for (let count = 0; count < 2; count += 1) {
      expect((await ask<ShownError>(simulator, listPath(simulator))).json.error.code).toBe(80006);
    }
    now += 1500;
    expect((await ask(simulator, listPath(simulator))).status).toBe(200);
  });
});

describe('a bent list', () => {
  /** Walks 30 conversations by tens with the fault on one page. */
  const walkBent = async (twist: ListTwist, pageNumber: number): Promise<{ pages: ShownList[]; truth: string[] }> => {
    await using simulator = await startSmall({ conversations: 30 });
    const match = { kind: 'conversations', after: pageNumber - 1 } as const;
    simulator.faults.add({ match, effect: { type: 'list', twist } });
    const pages = await walk(simulator, listPath(simulator), { parameters: { limit: 10 } });
    return { pages, truth: truthIds(simulator) };
  };

  it('can give the cursor that was just used', async () => {
    const { pages } = await walkBent('repeated-cursor', 2);
    expect(pages).toHaveLength(4);
    expect(pages[1]?.paging?.cursors.after).toBe(pages[0]?.paging?.cursors.after);
    expect(pages[2]?.data).toEqual(pages[1]?.data);
  });

  it('can be out of order', async () => {
    const { pages, truth } = await walkBent('out-of-order', 2);
    expect(idsOf(pages)).toEqual([...truth.slice(0, 10), ...truth.slice(10, 20).toReversed(), ...truth.slice(20)]);
  });

  it('can show a next with nothing behind it', async () => {
    const { pages } = await walkBent('phantom-next', 3);
    expect(pages.map(({ data }) => data.length)).toEqual([10, 10, 10, 0]);
  });

  it('can be shorter than asked for and lose nothing', async () => {
    const { pages, truth } = await walkBent('short-page', 1);
    expect(pages.map(({ data }) => data.length)).toEqual([5, 10, 10, 5]);
    expect(idsOf(pages)).toEqual(truth);
  });

  it('can show an item twice and lose none', async () => {
    const { pages, truth } = await walkBent('duplicates', 2);
    const ids = idsOf(pages);
    expect(ids).toHaveLength(31);
    expect(ids[10]).toBe(ids[9]);
    expect([...new Set(ids)]).toEqual(truth);
  });
});

describe('the hostile profile', () => {
  it('fails calls at random, the same ones for the same seed, and loses nothing to who asks again', async () => {
    const visit = async (): Promise<{ failures: string[]; ids: Set<string>; truth: string[] }> => {
      await using simulator = await startSmall({ profile: 'hostile', conversations: 300, seed: 5, faultShare: 0.3 });
      const failures: string[] = [];
      const ids = new Set<string>();
      let after: string | undefined;
      do {
        const cursor: Record<string, string> = after === undefined ? {} : { after };
        try {
          const parameters = { limit: 10, ...cursor };
          const { json } = await ask<ShownList & Partial<ShownError>>(simulator, listPath(simulator), { parameters });
          if (json.error !== undefined) throw new Error(`code ${json.error.code}`);
          for (const { id } of json.data) ids.add(id);
          after = json.paging?.next === undefined ? undefined : json.paging.cursors.after;
        } catch (error) {
          // Where a text is cut, and so what is wrong with it, depends on how long the server's address is.
          failures.push(error instanceof SyntaxError ? 'cut' : String(error).slice(0, 20));
          simulator.quotas.reset();
          continue;
        }
        if (after === undefined) break;
      } while (failures.length < 100);
      return { failures, ids, truth: truthIds(simulator) };
    };
    const [first, second] = [await visit(), await visit()];
    expect(first.failures.length).toBeGreaterThan(2);
    expect(second.failures).toEqual(first.failures);
    expect([...first.ids].toSorted()).toEqual(first.truth.toSorted());
  });

  it('has odd data and a limit on the size of answers', async () => {
    await using simulator = await startSmall({ profile: 'hostile', conversations: 500, faultShare: 0 });
    const { conversations } = simulator.world.truth(firstPage(simulator).id);
    expect(conversations.some(({ participants }) => participants?.length !== 2)).toBe(true);
    const parameters = { limit: 100, fields: 'messages.limit(25){id}' };
    expect((await ask<ShownError>(simulator, listPath(simulator), { parameters })).json.error.code).toBe(1);
  });
});
