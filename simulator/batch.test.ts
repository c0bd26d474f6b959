import { describe, expect, it } from 'vitest';
import { must } from '../src/lib/must.ts';
import { conversationAt, firstPage, startSmall } from '../test/support/simulator/ask.ts';
import type { ShownError } from '../test/support/simulator/ask.ts';
import type { Simulator } from './server.ts';

interface Part {
  readonly code: number;
  readonly headers?: readonly { readonly name: string; readonly value: string }[];
  readonly body: string;
}

const post = async (
  simulator: Simulator,
  parts: readonly { relative_url: string; method?: string; body?: string }[],
  form: Readonly<Record<string, string>> = {},
): Promise<{ status: number; json: readonly (Part | null)[] & Partial<ShownError> }> => {
  const batch = JSON.stringify(parts.map((part) => ({ method: 'GET', ...part })));
  const body = new URLSearchParams({ access_token: firstPage(simulator).token, batch, ...form });
  const response = await fetch(`${simulator.url}/v25.0/`, { method: 'POST', body });
  return { status: response.status, json: (await response.json()) as readonly (Part | null)[] & Partial<ShownError> };
};

describe('a batch', () => {
  it('answers its parts in order, each with status, headers and a body that is a JSON string', async () => {
    await using simulator = await startSmall();
    const { id } = firstPage(simulator);
    const { status, json } = await post(simulator, [
      { relative_url: `${id}/conversations?limit=2` },
      { relative_url: `/v24.0/${conversationAt(simulator, 0).id}` },
      { relative_url: 't_404' },
    ]);
    expect(status).toBe(200);
    expect(json.map((part) => part?.code)).toEqual([200, 200, 400]);
    const bodies = json.map((part) => JSON.parse(must(part, 'an answer').body) as Record<string, unknown>);
    expect(bodies[0]?.['data']).toHaveLength(2);
    expect(bodies[1]?.['id']).toBe(conversationAt(simulator, 0).id);
    expect(bodies[2]?.['error']).toMatchObject({ code: 100 });
    const headersOf = (at: number): Record<string, string> =>
      Object.fromEntries((json[at]?.headers ?? []).map(({ name, value }) => [name.toLowerCase(), value]));
    expect(headersOf(0)['x-app-usage']).toBeDefined();
    expect(headersOf(1)['facebook-api-version']).toBe('v24.0');
    expect(headersOf(2)['www-authenticate']).toContain('does not exist');
  });

  it('leaves the headers out on request', async () => {
    await using simulator = await startSmall();
    const parts = [{ relative_url: firstPage(simulator).id }];
    const { json } = await post(simulator, parts, { include_headers: 'false' });
    expect(Object.keys(must(json[0], 'an answer'))).toEqual(['code', 'body']);
  });

  it('lets a part bring its own token, and serves the others with the outer one', async () => {
    await using simulator = await startSmall({ pages: 2 });
    const [first, second] = simulator.world.pages;
    const other = must(second, 'a second Page');
    const { json } = await post(simulator, [
      { relative_url: `${must(first, 'a Page').id}/conversations` },
      { relative_url: `${other.id}/conversations` },
      { relative_url: `${other.id}/conversations?access_token=${other.token}` },
      {
        relative_url: `${other.id}/subscribed_apps`,
        method: 'POST',
        body: `access_token=${other.token}&subscribed_fields=messages`,
      },
    ]);
    expect(json.map((part) => part?.code)).toEqual([200, 400, 200, 200]);
    expect(other.subscribedFields).toEqual(['messages']);
  });

  it('meters and logs every part as a call of its own', async () => {
    await using simulator = await startSmall({ callsPerSecond: 2 });
    const path = `${firstPage(simulator).id}/conversations`;
    const { json } = await post(
      simulator,
      Array.from({ length: 4 }, () => ({ relative_url: path })),
    );
    expect(json.map((part) => part?.code)).toEqual([200, 200, 400, 400]);
    expect(JSON.parse(must(json[3], 'an answer').body)).toMatchObject({ error: { code: 613 } });
    expect(simulator.calls.total.byKind).toEqual({ batch: 1, conversations: 4 });
    expect(simulator.calls.violations).toHaveLength(2);
  });

  it('answers null for a part that got no answer', async () => {
    await using simulator = await startSmall();
    const { id } = firstPage(simulator);
    simulator.faults.add({ match: { kind: 'conversations' }, effect: { type: 'reset' } });
    const { json } = await post(simulator, [{ relative_url: `${id}/conversations` }, { relative_url: id }]);
    expect(json.map((part) => part?.code)).toEqual([undefined, 200]);
    expect(json[0]).toBeNull();
  });

  it('fails as a whole without a token, with too many parts, or with none', async () => {
    await using simulator = await startSmall();
    const part = { relative_url: 'me' };
    const many = await post(
      simulator,
      Array.from({ length: 51 }, () => part),
    );
    expect(many.json.error).toMatchObject({
      type: 'GraphBatchException',
      message: 'Too many requests in batch message. Maximum batch size is 50',
    });
    expect((await post(simulator, [])).json.error?.code).toBe(100);
    const response = await fetch(`${simulator.url}/v25.0/`, {
      method: 'POST',
      body: new URLSearchParams({ batch: JSON.stringify([part]) }),
    });
    expect(response.status).toBe(400);
  });

  it('can fail as a whole in its old form', async () => {
    await using simulator = await startSmall();
    const body = '{"error":1,"error_description":"An unknown error occurred"}';
    simulator.faults.add({ match: { kind: 'batch' }, effect: { type: 'body', status: 500, body } });
    const { status, json } = await post(simulator, [{ relative_url: 'me' }]);
    expect(status).toBe(500);
    expect(json.error).toBe(1);
  });
});
