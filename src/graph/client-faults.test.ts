import { describe, expect, test } from 'vitest';
import { must } from '../lib/must.ts';
import type { CallReport } from '../core/events.ts';
import { errors, PAGE_ID, refusal } from '../../test/support/graph/payloads.ts';
import { recordingLimits, testClient } from '../../test/support/graph/ports.ts';
import { graphErrorOf, testRequest } from '../../test/support/graph/requests.ts';
import { type Reply, startStub } from '../../test/support/graph/stub-server.ts';

describe('a passing fault', () => {
  const faults: Record<string, Reply> = {
    'an empty body': { text: '' },
    'an empty body with HTTP 500': { status: 500, text: '' },
    HTML: { status: 502, text: '<!doctype html><title>Sorry</title>' },
    'HTML with HTTP 404': { status: 404, text: '<!doctype html>' },
    'half a JSON': { text: '{"data":[{"id":"t_1"' },
    'a bare value': { text: 'false' },
    'a cut body': { fault: 'cut', json: { data: ['x'.repeat(1000)] } },
    'a reset connection': { fault: 'reset' },
    'a fault of Facebook': { status: 500, json: refusal(errors.unavailable) },
  };

  test.each(Object.entries(faults))(
    'is tried again, each time within the limits and reported: %s',
    async (_name, reply) => {
      await using stub = await startStub(reply, reply, { json: { ok: true } });
      const client = testClient(stub.baseUrl);
      const log: string[] = [];
      const limits = recordingLimits(log);
      const answer = await client.get(testRequest({ limits, onCall: ({ status }) => log.push(status) }));
      expect(answer.body).toEqual({ ok: true });
      const code = expect.stringMatching(/^GRAPH_(?:ERROR|UNREACHABLE)$/u) as string;
      expect(log).toEqual(['acquire', code, 'acquire', code, 'acquire', 'ok']);
      await client.close();
    },
  );

  test.each(Object.entries(faults))(
    'becomes a transient error that names the Page when it stays: %s',
    async (_name, reply) => {
      await using stub = await startStub(reply);
      const client = testClient(stub.baseUrl);
      const error = await graphErrorOf(client.get(testRequest()));
      expect(error.kind).toBe('transient');
      expect(error.message).toContain(`Page ${PAGE_ID}`);
      expect(stub.seen).toHaveLength(4);
      await client.close();
    },
  );

  test('of an answer that does not come in time is not asked again: less has to be asked for', async () => {
    await using stub = await startStub({ fault: 'hang' });
    const client = testClient(stub.baseUrl, { timeoutMs: 1000 });
    const error = await graphErrorOf(client.get(testRequest()));
    expect(error).toMatchObject({ code: 'GRAPH_UNREACHABLE', kind: 'too-much-data' });
    expect(error.message).toContain(`Page ${PAGE_ID} within 1 s`);
    expect(stub.seen).toHaveLength(1);
    await client.close();
  });

  test('of a host that is not there says so', async () => {
    const stub = await startStub({});
    const { baseUrl } = stub;
    await stub[Symbol.asyncDispose]();
    const client = testClient(baseUrl);
    const error = await graphErrorOf(client.get(testRequest()));
    expect(error).toMatchObject({ code: 'GRAPH_UNREACHABLE', kind: 'transient', httpStatus: undefined });
    expect(error.message).toContain('ECONNREFUSED');
    await client.close();
  });
});

describe('a refusal', () => {
  test.each([
    ['token', errors.expired],
    ['permission', errors.missingPermission],
    ['missing', errors.objectMissing],
    ['invalid', errors.needsProof],
    ['too-much-data', errors.tooMuch],
    ['invalid', errors.unknownPath],
    ['throttled', errors.messengerQuota],
    ['blocked', errors.blocked],
  ] as const)('that would come again is asked once: %s', async (kind, error) => {
    await using stub = await startStub({ status: 400, json: refusal(error) });
    const client = testClient(stub.baseUrl);
    const reports: CallReport[] = [];
    const thrown = await graphErrorOf(client.get(testRequest({ onCall: (report) => reports.push(report) })));
    expect(thrown).toMatchObject({ kind, graphCode: error.code, httpStatus: 400 });
    expect(stub.seen).toHaveLength(1);
    expect(reports).toMatchObject([{ status: thrown.code, graphCode: error.code }]);
    await client.close();
  });

  test('counts with HTTP 200 as well', async () => {
    await using stub = await startStub({ json: refusal(errors.expired) });
    const client = testClient(stub.baseUrl);
    expect((await graphErrorOf(client.get(testRequest()))).code).toBe('TOKEN_EXPIRED');
    await client.close();
  });

  test('because of a quota blocks for as long as the usage header says', async () => {
    const ownQuotas = { objectIds: new Set(['1']), useCases: ['messenger'] };
    const usage = {
      '1': [
        { type: 'messenger', call_count: 107, total_cputime: 1, total_time: 2, estimated_time_to_regain_access: 13 },
      ],
    };
    await using stub = await startStub({
      status: 400,
      json: refusal(errors.messengerQuota),
      headers: { 'x-business-use-case-usage': JSON.stringify(usage) },
    });
    const client = testClient(stub.baseUrl);
    const limits = recordingLimits();
    const reports: CallReport[] = [];
    const error = await graphErrorOf(
      client.get(testRequest({ limits, ownQuotas, onCall: (report) => reports.push(report) })),
    );
    expect(error).toMatchObject({ code: 'THROTTLED', retryAfterMs: 13 * 60_000 });
    expect(limits.cooldowns).toEqual([{ scope: 'page', ms: 13 * 60_000 + 500, reason: error.message }]);
    expect(limits.usages).toEqual([[{ quota: 'messenger', percent: 107, regainMs: 13 * 60_000 }]]);
    expect(reports[0]?.usage.quotas).toEqual(limits.usages[0]);
    await client.close();
  });

  test('because of the calls per second blocks for a moment and is asked again', async () => {
    await using stub = await startStub({ status: 400, json: refusal(errors.rateLimit) }, { json: { ok: true } });
    const client = testClient(stub.baseUrl);
    const limits = recordingLimits();
    await client.get(testRequest({ limits }));
    expect(limits.log).toEqual(['acquire', 'block', 'acquire']);
    const pauseMs = must(limits.cooldowns[0], 'blocked once').ms;
    expect(pauseMs).toBeGreaterThanOrEqual(1000);
    expect(pauseMs).toBeLessThanOrEqual(2000);
    await client.close();
  });

  test('of the whole host (HTTP 429) obeys Retry-After, whatever the body is', async () => {
    await using stub = await startStub({ status: 429, text: 'Too many', headers: { 'retry-after': '90' } });
    const client = testClient(stub.baseUrl);
    expect(await graphErrorOf(client.get(testRequest()))).toMatchObject({ kind: 'throttled', retryAfterMs: 90_000 });
    await client.close();
  });
});
