import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { QuotaUsage } from '../core/limits/quota-usage.ts';
import { must } from '../lib/must.ts';
import { Secret } from '../lib/secret.ts';
import { errors, refusal } from '../../test/support/graph/payloads.ts';
import { jumpingClock, recordingLimits, testClient, token, TOKEN_TEXT } from '../../test/support/graph/ports.ts';
import { errorOf, graphErrorOf, testRequest } from '../../test/support/graph/requests.ts';
import { startStub } from '../../test/support/graph/stub-server.ts';

describe('a call', () => {
  test('asks the versioned path with the parameters, and gives body, time and usage', async () => {
    await using stub = await startStub({
      json: { data: [1] },
      headers: {
        date: 'Fri, 02 Jan 2026 03:04:05 GMT',
        'x-app-usage': '{"call_count":7,"total_cputime":1,"total_time":2}',
      },
    });
    const client = testClient(`${stub.baseUrl}/proxy/`);
    const answer = await client.get(
      testRequest({ path: ['t_mid.1:2/3', 'messages'], params: { after: undefined, fields: 'a{b,c}' } }),
    );
    expect(answer.body).toEqual({ data: [1] });
    expect(answer.servedAt).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
    expect(answer.usage.quotas).toEqual([{ quota: 'app', percent: 7, regainMs: undefined }]);
    const seen = must(stub.seen[0], 'one request');
    expect(seen.method).toBe('GET');
    expect(seen.url.pathname).toBe('/proxy/v25.0/t_mid.1%3A2%2F3/messages');
    expect([...seen.url.searchParams]).toEqual([['fields', 'a{b,c}']]);
    await client.close();
  });

  test('reads a packed answer', async () => {
    await using stub = await startStub({ json: { data: ['Bärenboot \u{1F6A3}'] }, isPacked: true });
    const client = testClient(stub.baseUrl);
    expect((await client.get(testRequest())).body).toEqual({ data: ['Bärenboot \u{1F6A3}'] });
    expect(stub.seen[0]?.headers['accept-encoding']).toBe('gzip');
    await client.close();
  });

  test('keeps the digits of numbers beyond the safe integers', async () => {
    await using stub = await startStub({ text: '{"id":90071992547409931234,"n":12,"f":1.5}' });
    const client = testClient(stub.baseUrl);
    expect((await client.get(testRequest())).body).toEqual({ id: '90071992547409931234', n: 12, f: 1.5 });
    await client.close();
  });

  test('reuses its connections', async () => {
    await using stub = await startStub({ json: {} });
    const client = testClient(stub.baseUrl);
    for (let i = 0; i < 20; i += 1) await client.get(testRequest());
    // A second one is opened when a call comes before the first has been put back.
    expect(new Set(stub.seen.map(({ connection }) => connection)).size).toBeLessThanOrEqual(2);
    await client.close();
  });

  test('runs many calls at once', async () => {
    await using stub = await startStub({ json: {} });
    const client = testClient(stub.baseUrl);
    await Promise.all(Array.from({ length: 40 }, () => client.get(testRequest())));
    expect(new Set(stub.seen.map(({ connection }) => connection)).size).toBeGreaterThan(10);
    await client.close();
  });

  test('refuses an id that would climb out of its path', async () => {
    await using stub = await startStub({ json: {} });
    const client = testClient(stub.baseUrl);
    for (const id of ['', '.', '..']) {
      expect((await graphErrorOf(client.get(testRequest({ path: [id, 'messages'] })))).kind).toBe('invalid');
    }
    expect(stub.seen).toEqual([]);
    await client.close();
  });
});

describe('the proof of the app secret', () => {
  test('is the HMAC of token and time, made new for every attempt', async () => {
    await using stub = await startStub({ json: refusal(errors.unavailable), status: 500 }, { json: {} });
    const clock = jumpingClock(Date.UTC(2026, 0, 2));
    const client = testClient(stub.baseUrl, {
      clock,
      random: () => 0.999,
      appSecret: new Secret('invented app secret'),
    });
    // The second attempt is more than a second later.
    await client.get(
      testRequest({ limits: { ...recordingLimits(), acquire: () => clock.sleep(1500).then(() => () => {}) } }),
    );
    const proofs = stub.seen.map(({ url }) => [
      url.searchParams.get('appsecret_time'),
      url.searchParams.get('appsecret_proof'),
    ]);
    expect(new Set(proofs.map(([time]) => time)).size).toBe(2);
    for (const [time, proof] of proofs) {
      const expected = createHmac('sha256', 'invented app secret').update(`${TOKEN_TEXT}|${time}`).digest('hex');
      expect(proof).toBe(expected);
    }
    await client.close();
  });

  test('is left out when no app secret is known', async () => {
    await using stub = await startStub({ json: {} });
    const client = testClient(stub.baseUrl);
    await client.get(testRequest());
    expect(stub.seen[0]?.url.search).toBe('?limit=5');
    await client.close();
  });
});

describe('limits', () => {
  test('more than a hundred conversations are asked for once, when Facebook refuses them, by any caller', async () => {
    const refused = { status: 400, json: refusal({ message: 'limit should not exceed 100', code: 100 }) };
    await using stub = await startStub(refused, { json: { data: [] } });
    const client = testClient(stub.baseUrl);
    for (let caller = 0; caller < 2; caller++) {
      await client.get(testRequest({ params: {}, list: { limit: 200, after: undefined } }));
    }
    expect(stub.seen.map(({ url }) => url.searchParams.get('limit'))).toEqual(['200', '100', '100']);
    await client.close();
  });

  test('after seven timeouts in a row of one caller, no less is asked for', async () => {
    await using stub = await startStub({ fault: 'hang' });
    const client = testClient(stub.baseUrl, { timeoutMs: 50 });
    const send = client.open({ token, limits: recordingLimits() });
    const kinds: string[] = [];
    for (let call = 0; call < 7; call++) kinds.push((await graphErrorOf(send(testRequest()))).kind);
    expect(kinds).toEqual([...Array<string>(6).fill('too-much-data'), 'transient']);
    await client.close();
  });

  test('an answer beyond the bound is too much data, packed or not', async () => {
    for (const isPacked of [false, true]) {
      await using stub = await startStub({ json: { data: 'x'.repeat(20_000) }, isPacked });
      const client = testClient(stub.baseUrl, { maxBytes: 10_000 });
      expect((await graphErrorOf(client.get(testRequest()))).kind).toBe('too-much-data');
      expect(stub.seen).toHaveLength(1);
      await client.close();
    }
  });

  test('an abort by the caller is handed on as it is, counted, and not tried again', async () => {
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    await using stub = await startStub(() => {
      resolve();
      return { fault: 'hang' };
    });
    const client = testClient(stub.baseUrl);
    const controller = new AbortController();
    const reason = new Error('the run was cancelled');
    const outcomes: string[] = [];
    const call = errorOf(
      client.get(testRequest({ signal: controller.signal, onCall: ({ status }) => outcomes.push(status) })),
    );
    await arrived;
    controller.abort(reason);
    expect(await call).toBe(reason);
    expect(outcomes).toEqual(['aborted']);
    expect(stub.seen).toHaveLength(1);
    await client.close();
  });

  test('a quota that is used up is noted before the answer is handed on, and the answer is used (I7)', async () => {
    const full = '{"call_count":100,"total_cputime":1,"total_time":2}';
    await using stub = await startStub({ json: { data: [1] }, headers: { 'x-app-usage': full } });
    const client = testClient(stub.baseUrl);
    const steps: string[] = [];
    const limits = {
      ...recordingLimits(),
      noteUsage: async ([usage]: readonly QuotaUsage[]) => {
        await Promise.resolve();
        steps.push(`${usage?.quota} ${usage?.percent}`);
      },
    };
    const { body } = await client.get(testRequest({ limits }));
    steps.push('answered');
    expect(steps).toEqual(['app 100', 'answered']);
    expect(body).toEqual({ data: [1] });
    await client.close();
  });

  test('what the limits reject with is handed on as it is, and no call is made', async () => {
    await using stub = await startStub({ json: {} });
    const client = testClient(stub.baseUrl);
    const reason = new Error('blocked for an hour');
    expect(
      await errorOf(
        client.get(testRequest({ limits: { ...recordingLimits(), acquire: () => Promise.reject(reason) } })),
      ),
    ).toBe(reason);
    expect(stub.seen).toEqual([]);
    await client.close();
  });
});
