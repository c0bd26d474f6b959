import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { must } from '../lib/must.ts';
import { Secret } from '../lib/secret.ts';
import type { CallReport } from './call.ts';
import { errors, listLinks, messages, refusal } from '../../test/support/graph/payloads.ts';
import { jumpingClock, recordingGate, testClient, TOKEN_TEXT } from '../../test/support/graph/ports.ts';
import { errorOf, graphErrorOf, testRequest } from '../../test/support/graph/requests.ts';
import { type Reply, type SeenRequest, startStub } from '../../test/support/graph/stub-server.ts';

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
    const gate = recordingGate();
    const asked = testRequest({ gate, onCall: (report) => reports.push(report) });
    const error = await errorOf(client.get(asked));
    const everything = inspect([error, reports, gate.parks, asked, client], {
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

describe('I9: the tokens in a batch', () => {
  // Of characters that read differently in an address, in a form and in JSON; one does not even look like a token.
  const tokens = [`${TOKEN_TEXT}+/|"\\'~(*)`, `notLikeAToken987654321+%2B"\\`];
  const appSecret = 'invented app secret';
  const inForm = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);
  const formsOf = (secret: string) => [secret, encodeURIComponent(secret), inForm(secret), inForm(inForm(secret))];
  const bare = (secret: string) => secret.slice(0, 20);

  /** Every answer takes so long that nothing is tried again, and what went wrong first is what is told. */
  async function ask(reply: (request: SeenRequest) => Reply) {
    const clock = jumpingClock();
    await using stub = await startStub((request) => {
      void clock.sleep(200_000);
      return reply(request);
    });
    const options = { clock, timeoutMs: 2000, appSecret: new Secret(appSecret), sharesLists: true };
    const client = testClient(stub.baseUrl, options);
    const reports: CallReport[] = [];
    const gate = recordingGate();
    const requests = tokens.map((text, index) =>
      testRequest({
        path: [`${index}`, 'conversations'],
        token: new Secret(text),
        mayShare: true,
        gate,
        onCall: (report) => reports.push(report),
      }),
    );
    const ends = await Promise.all(requests.map((request) => client.get(request).catch((error: unknown) => error)));
    await client.close();
    return { seen: stub.seen, said: { ends, reports, parks: gate.parks, requests, client } };
  }

  const partsOf = ({ body }: SeenRequest) =>
    JSON.parse(must(new URLSearchParams(body).get('batch'), 'a batch')) as { relative_url: string }[];

  test('travel in the body alone, each in its own part with its own proof', async () => {
    const { seen } = await ask(() => ({ json: tokens.map(() => ({ code: 200, body: '{}' })) }));
    const [batch, ...rest] = seen;
    expect(rest).toEqual([]);
    const { url, headers } = must(batch, 'a batch');
    for (const secret of tokens) expect(`${url.href} ${JSON.stringify(headers)}`).not.toContain(bare(secret));
    const sent = partsOf(must(batch, 'a batch')).map((part) => new URL(part.relative_url, url).searchParams);
    sent.push(new URLSearchParams(must(batch, 'a batch').body));
    for (const [index, params] of sent.entries()) {
      const own = must(tokens[index % 2], 'a token');
      const proof = createHmac('sha256', appSecret)
        .update(`${own}|${params.get('appsecret_time')}`)
        .digest('hex');
      expect([params.get('access_token'), params.get('appsecret_proof')]).toEqual([own, proof]);
    }
  });

  const quote = (text: string, code = 190) => ({ status: 400, json: refusal({ message: text, code }) });
  const part = (message: string) => ({ code: 400, body: JSON.stringify(refusal({ message, code: 190 })) });
  const list = { data: [], paging: listLinks(`A&access_token=${encodeURIComponent(must(tokens[0], 'a lead'))}`) };
  const leaks: Record<string, (request: SeenRequest) => Reply> = {
    'an error that quotes the whole request': ({ body }) => quote(`Malformed ${body}`),
    'an error that quotes the request, read': ({ body }) => quote(`Malformed ${decodeURIComponent(body)}`),
    'an error that quotes an address in it': (request) => quote(`No ${partsOf(request)[1]?.relative_url}`),
    'an error that quotes the tokens': () => quote(tokens.flatMap(formsOf).join(' and ')),
    'a throttle of the app': () => quote(`Slow down ${tokens.join(' ')}`, 4),
    'a page that is not JSON': ({ body }) => ({ status: 502, text: `<html>${body} ${tokens.join(' ')}</html>` }),
    'a cut connection': () => ({ fault: 'reset' }),
    'half an answer': ({ body }) => ({ fault: 'cut', text: body }),
    'a redirect': ({ body }) => ({ status: 302, headers: { location: `http://other.invalid/?${body}` }, text: '' }),
    'no answer in time': () => ({ fault: 'hang' }),
    "parts that quote their own token and the whole's": () => ({
      json: tokens.map((own) => part(`Bad ${own} ${tokens[0]} ${inForm(own)} ${encodeURIComponent(own)}`)),
    }),
    'links of lists': () => ({ json: tokens.map(() => ({ code: 200, body: JSON.stringify(list) })) }),
  };

  test.each(Object.entries(leaks))('do not leak through %s', async (_name, reply) => {
    const { seen, said } = await ask(reply);
    expect(seen.map(({ method }) => method)).toEqual(['POST']);
    const everything = inspect(said, { depth: 30, showHidden: true, getters: true });
    for (const secret of [...tokens.map(bare), appSecret]) expect(everything).not.toContain(secret);
    for (const { body } of seen) {
      for (const [proof] of body.matchAll(/[0-9a-f]{64}/gu)) expect(everything).not.toContain(proof);
    }
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
