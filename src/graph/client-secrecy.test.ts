import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { must } from '../lib/must.ts';
import { Secret } from '../lib/secret.ts';
import type { CallReport } from '../core/events.ts';
import { errors, listLinks, messages, refusal } from '../../test/support/graph/payloads.ts';
import { recordingLimits, testClient, TOKEN_TEXT } from '../../test/support/graph/ports.ts';
import { errorOf, graphErrorOf, testRequest } from '../../test/support/graph/requests.ts';
import { type Reply, startStub } from '../../test/support/graph/stub-server.ts';

describe('I9: the token', () => {
  test('travels in the Authorization header and in no address', async () => {
    await using stub = await startStub({ json: {} });
    const client = testClient(stub.baseUrl, { appSecret: new Secret('invented app secret') });
    await client.get(testRequest());
    expect(stub.seen[0]?.headers.authorization).toBe(`Bearer ${TOKEN_TEXT}`);
    expect(stub.seen[0]?.url.href).not.toContain(TOKEN_TEXT);
    await client.close();
  });

  const leaks: Record<string, Reply> = {
    'an error that quotes it': {
      status: 400,
      json: refusal({
        message: `Malformed access token ${TOKEN_TEXT} at ?access_token=EAAother1234567890&x`,
        code: 190,
      }),
    },
    'a page that is not JSON': { status: 502, text: `<html>Bearer ${TOKEN_TEXT}</html>` },
    'a cut connection': { fault: 'reset' },
    'half an answer': { fault: 'cut', json: { data: TOKEN_TEXT.repeat(20) } },
    'a redirect': { status: 302, headers: { location: `http://other.invalid/?access_token=${TOKEN_TEXT}` }, text: '' },
    'no answer in time': { fault: 'hang' },
    'a throttle': { status: 400, json: refusal({ ...errors.messengerQuota, message: `slow down ${TOKEN_TEXT}` }) },
  };

  test.each(Object.entries(leaks))('does not leak through %s', async (_name, reply) => {
    await using stub = await startStub(reply);
    const secret = 'invented app secret';
    const client = testClient(stub.baseUrl, { timeoutMs: 2000, appSecret: new Secret(secret) });
    const reports: CallReport[] = [];
    const limits = recordingLimits();
    const asked = testRequest({ limits, onCall: (report) => reports.push(report) });
    const error = await errorOf(client.get(asked));
    const everything = inspect([error, reports, limits.cooldowns, asked, client], {
      depth: 30,
      showHidden: true,
      getters: true,
    });
    expect(everything).not.toContain(TOKEN_TEXT);
    expect(everything).not.toContain('EAAother1234567890');
    expect(everything).not.toContain(secret);
    for (const { url } of stub.seen)
      expect(everything).not.toContain(must(url.searchParams.get('appsecret_proof'), 'proof'));
    await client.close();
  });

  test('is blotted out of the links in an answer, whoever it belongs to, and nothing else is touched', async () => {
    const chat = 'try "next":"https://x.example/?access_token=mine" \u{1F600}';
    const own = { cursors: { after: 'A' }, next: `https://graph.facebook.com/x?access_token=${TOKEN_TEXT}&after=A` };
    await using stub = await startStub({
      json: { data: [{ ...messages.image2021, message: chat }], paging: own, more: listLinks('B') },
    });
    const client = testClient(stub.baseUrl);
    const { body } = await client.get(testRequest());
    const text = JSON.stringify(body);
    expect(text).not.toContain(TOKEN_TEXT);
    expect(text).not.toContain('EAAtokenInsideALink');
    expect(body).toMatchObject({
      data: [{ ...messages.image2021, message: chat, attachments: { data: messages.image2021.attachments.data } }],
      paging: { next: 'https://graph.facebook.com/x?access_token=[secret]&after=A' },
    });
    await client.close();
  });
});

describe('the host', () => {
  test('is the only one that is contacted, whatever an answer says', async () => {
    await using other = await startStub({ json: { data: ['stolen'] } });
    await using stub = await startStub(
      {
        json: { data: [], paging: { cursors: { after: 'x' }, next: `${other.baseUrl}/v25.0/1/conversations?after=x` } },
      },
      { status: 302, headers: { location: `${other.baseUrl}/v25.0/1` }, text: '' },
      { status: 307, headers: { location: `${other.baseUrl}/v25.0/1` }, json: {} },
    );
    const client = testClient(stub.baseUrl);
    await client.get(testRequest());
    const error = await graphErrorOf(client.get(testRequest()));
    expect(error.message).toContain('redirect (HTTP 302)');
    expect(error.message).toContain('GRAPH_API_URL');
    expect((await graphErrorOf(client.get(testRequest({ path: [`${other.baseUrl}/x`] })))).kind).toBe('invalid');
    expect(other.seen).toEqual([]);
    expect(stub.seen).toHaveLength(3);
    await client.close();
  });
});
