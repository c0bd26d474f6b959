import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { recordingLimits, testClient } from '../../test/support/graph/ports.ts';
import { testRequest } from '../../test/support/graph/requests.ts';
import { type Reply, startStub } from '../../test/support/graph/stub-server.ts';
import { Secret } from '../lib/secret.ts';
import { createRedactor } from './redact.ts';

const percent = (text: string) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('');
const twice = (text: string) => encodeURIComponent(encodeURIComponent(text));
const escaped = (text: string) => [...text].map((char) => `\\u00${char.charCodeAt(0).toString(16)}`).join('');
const base64 = (text: string) => Buffer.from(text).toString('base64');

const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  'in an address': encodeURIComponent,
  'in an address in an address': twice,
  'three times over': (secret) => encodeURIComponent(twice(secret)),
  'in lower case escapes': (secret) => twice(secret).toLowerCase().replace(secret.toLowerCase(), secret),
  'in a form': (secret) => new URLSearchParams([['', secret]]).toString().slice(1),
  'with every character escaped': percent,
  'with every character escaped twice': (secret) => percent(secret).replaceAll('%', '%25'),
  'in JSON': (secret) => JSON.stringify(secret).slice(1, -1),
  'in JSON in JSON': (secret) => JSON.stringify(JSON.stringify(secret)).slice(2, -2),
  'in JSON that escapes everything': escaped,
  'in an address in such JSON': (secret) => encodeURIComponent(secret).replaceAll('%', String.raw`\u0025`),
  'in HTML': (secret) => secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
  'in HTML by number': (secret) => [...secret].map((char) => `&#${char.charCodeAt(0)};`).join(''),
  'in HTML by hex number': (secret) => [...secret].map((char) => `&#x${char.charCodeAt(0).toString(16)};`).join(''),
  'as base64': base64,
  'as base64 of more': (secret) => base64(`Bearer ${secret}`),
  'as base64 of more yet': (secret) => base64(`{"t":"${secret}"}`),
  'as base64 for addresses': (secret) => Buffer.from(`x${secret}`).toString('base64url'),
  'as base64 in an address': (secret) => encodeURIComponent(base64(secret)),
  'as hex': (secret) => Buffer.from(secret).toString('hex'),
  'as hex in upper case': (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
};

/** A token, one with everything that is ever escaped, an app secret, a proof. */
const SECRETS = [
  'notLikeAToken0123456789abcdef',
  'a1|b2+c3/d4="e5"&f6\\g7\'h8%i9<j0> ~(k*)l',
  '0123456789abcdef0123456789abcdef',
];

/** What is left of it that would help anybody. */
function piecesIn(text: string, form: string): readonly string[] {
  const pieces = Array.from({ length: Math.max(1, form.length - 11) }, (_, at) => form.slice(at, at + 12));
  return pieces.filter((piece) => text.includes(piece));
}

describe.each(Object.entries(FORMS))('a known secret %s', (_name, toForm) => {
  test.each(SECRETS)('is taken out: %s', (secret) => {
    const form = toForm(secret);
    expect(piecesIn(createRedactor([secret]).text(`Malformed ${form} given`), form)).toEqual([]);
    expect(piecesIn(createRedactor([secret]).answer(`{"message":"Malformed ${form} given"}`), form)).toEqual([]);
  });
});

test('what holds no secret stays as it is', () => {
  const texts = [
    '50 %41 &#65; \\u0041 &amp; "EAA" 100%25',
    '{"message":"EAAsomebodyElses0123456789","next":"https:\\/\\/a\\/?b"}',
  ];
  for (const text of texts) expect(createRedactor(SECRETS).answer(text)).toBe(text);
});

describe('the token, the proof and the app secret', () => {
  const token = 'notLikeAToken0123456789|a+b/c';
  const appSecret = 'fedcba9876543210fedcba9876543210';
  const echoes = (secrets: string) =>
    ({
      'an error': { status: 400, json: { error: { message: secrets, code: 190, type: secrets, fbtrace_id: secrets } } },
      'a passing error': { status: 500, json: { error: { message: secrets, code: 2 } } },
      'a throttle': { status: 400, json: { error: { message: secrets, code: 613 } } },
      HTML: { status: 502, text: `<title>${secrets}</title>` },
      'an answer': { json: { data: [{ id: '1', message: secrets }] } },
      'a link': { json: { data: [], paging: { next: `https://a.example/?x=${secrets}` } } },
      'a usage header': {
        json: {},
        headers: { 'x-business-use-case-usage': JSON.stringify({ 1: [{ type: secrets, call_count: 1 }] }) },
      },
      'a redirect': { status: 302, headers: { location: encodeURI(`https://a.example/${secrets}`) }, text: '' },
      'half an answer': { fault: 'cut', text: secrets.repeat(9) },
    }) satisfies Record<string, Reply>;

  test.each(Object.keys(echoes('')) as (keyof ReturnType<typeof echoes>)[])(
    'do not come in through %s',
    async (place) => {
      for (const toForm of [(text: string) => text, twice, base64]) {
        let proof = '';
        await using stub = await startStub(({ url }) => {
          proof = url.searchParams.get('appsecret_proof') ?? '';
          return echoes([token, appSecret, proof].map(toForm).join(' '))[place];
        });
        const limits = recordingLimits();
        const client = testClient(stub.baseUrl, { appSecret: new Secret(appSecret) });
        const request = testRequest({ token: new Secret(token), limits });
        const outcome = await client.get(request).catch((error: unknown) => error);
        const everything = inspect([outcome, limits.cooldowns, limits.usages], { depth: 20, showHidden: true });
        expect(proof).toHaveLength(64);
        for (const secret of [token, appSecret, proof]) {
          for (const form of [secret, toForm(secret)]) expect(everything).not.toContain(form.slice(0, 20));
        }
        await client.close();
      }
    },
  );
});
