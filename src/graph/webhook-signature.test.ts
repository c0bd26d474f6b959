import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Secret } from '../lib/secret.ts';
import { isSameWord, isSignedBy } from './webhook-signature.ts';

const SECRET = new Secret('app-secret');
const sign = (body: string | Buffer, secret = 'app-secret') =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

// As Facebook sends it: escaped, and with a slash that JSON.stringify would not escape.
const SENT = String.raw`{"object":"page","text":"\u00e4\u00f6 \/ \ud83d\ude0a"}`;
const body = Buffer.from(SENT);

describe('the signature of a delivery', () => {
  it('is that of the bytes, escaped or not', () => {
    const raw = Buffer.from('{"text":"äö / 😊"}');

    expect(isSignedBy([SECRET], { body, signature: sign(body) })).toBe(true);
    expect(isSignedBy([SECRET], { body: raw, signature: sign(raw) })).toBe(true);
  });

  it('is not that of the same content, written anew', () => {
    const rewritten = Buffer.from(JSON.stringify(JSON.parse(SENT)));

    expect(isSignedBy([SECRET], { body: rewritten, signature: sign(body) })).toBe(false);
  });

  it('may be made with any of several secrets', () => {
    const delivery = { body, signature: sign(body, 'the-new-one') };

    expect(isSignedBy([SECRET, new Secret('the-new-one')], delivery)).toBe(true);
    expect(isSignedBy([SECRET], delivery)).toBe(false);
    expect(isSignedBy([], delivery)).toBe(false);
  });

  it('may be written in capitals', () => {
    expect(
      isSignedBy([SECRET], { body, signature: sign(body).replace(/[a-f0-9]{64}/, (hex) => hex.toUpperCase()) }),
    ).toBe(true);
  });

  it.each([
    ['no header', undefined],
    ['an empty one', ''],
    ['one that is cut', sign(body).slice(0, -1)],
    ['two of them', `${sign(body)}, ${sign(body)}`],
    ['one of another kind', sign(body).replace('sha256', 'sha1')],
    ['one with something that is no digit', `sha256=${'g'.repeat(64)}`],
  ])('is refused for %s', (_name, signature) => {
    expect(isSignedBy([SECRET], { body, signature })).toBe(false);
  });
});

describe('the word of the handshake', () => {
  it('has to be the same', () => {
    expect(isSameWord(new Secret('a word'), 'a word')).toBe(true);
    expect(isSameWord(new Secret('a word'), 'a word ')).toBe(false);
    expect(isSameWord(new Secret('a word'), '')).toBe(false);
  });
});
