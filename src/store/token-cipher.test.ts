import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTidemarkError, type TidemarkError } from '../core/errors.ts';
import { Secret } from '../lib/secret.ts';
import { createTokenCipher } from './token-cipher.ts';

const keyOf = (byte: number) => Buffer.alloc(32, byte).toString('base64');
const cipherOf = (...keys: readonly string[]) => createTokenCipher(new Secret(keys.join(',')));
const KEY = keyOf(1);
const OTHER_KEY = keyOf(2);
const TOKEN = 'EAAGtoken1234567890';

function refusal(attempt: () => unknown): TidemarkError {
  try {
    attempt();
  } catch (error) {
    if (isTidemarkError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('an encrypted token', () => {
  it('comes back as it went in, for its Page', () => {
    const cipher = cipherOf(KEY);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string(), (token, pageId) => {
        const { token: back, stale } = cipher.decrypt(cipher.encrypt(new Secret(token), pageId), pageId);
        expect(back.reveal()).toBe(token);
        expect(stale).toBe(false);
      }),
    );
  });

  it('lies in an envelope that names its version and its key, and shows neither key nor token', () => {
    const envelope = cipherOf(KEY).encrypt(new Secret(TOKEN), '42');
    expect(envelope).toMatch(/^tm1:[0-9a-f]{8}:[\w-]+$/);
    expect(envelope).not.toContain(TOKEN);
    expect(envelope).not.toContain(KEY);
  });

  it('never looks the same twice', () => {
    const cipher = cipherOf(KEY);
    expect(new Set(Array.from({ length: 50 }, () => cipher.encrypt(new Secret(TOKEN), '42'))).size).toBe(50);
  });

  it('does not open in the row of another Page', () => {
    const cipher = cipherOf(KEY);
    const error = refusal(() => cipher.decrypt(cipher.encrypt(new Secret(TOKEN), '42'), '43'));
    expect(error.code).toBe('ENCRYPTION_KEY_WRONG');
    expect(error.message).toContain('Page 43');
  });

  it('does not open when a single bit was changed, or a part is missing', () => {
    const cipher = cipherOf(KEY);
    const [version, keyId, payload = ''] = cipher.encrypt(new Secret(TOKEN), '42').split(':');
    const bytes = Buffer.from(payload, 'base64url');
    fc.assert(
      fc.property(fc.nat({ max: bytes.length * 8 - 1 }), (bit) => {
        const damaged = Buffer.from(bytes);
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const envelope = `${version}:${keyId}:${damaged.toString('base64url')}`;
        expect(refusal(() => cipher.decrypt(envelope, '42')).code).toBe('ENCRYPTION_KEY_WRONG');
      }),
    );
    for (let length = 0; length < bytes.length; length++) {
      const envelope = `${version}:${keyId}:${bytes.subarray(0, length).toString('base64url')}`;
      expect(refusal(() => cipher.decrypt(envelope, '42')).code, `${length} bytes`).toBe('ENCRYPTION_KEY_WRONG');
    }
    for (const envelope of ['tm1:', `tm1:${keyId}`, `tm1:${keyId}:`, `tm1::${payload}`]) {
      expect(refusal(() => cipher.decrypt(envelope, '42')).code, envelope).toBe('ENCRYPTION_KEY_WRONG');
    }
  });

  it('of a later version is refused, never taken for a plain token and sent to Facebook', () => {
    const error = refusal(() => cipherOf(KEY).decrypt('tm2:0123abcd:whatever', '42'));
    expect(error).toMatchObject({ code: 'ENCRYPTION_KEY_WRONG', message: expect.stringContaining('newer version') });
  });
});

describe('a token that another program left in the clear', () => {
  it('is used, and marked to be stored again', () => {
    const { token, stale } = cipherOf(KEY).decrypt(TOKEN, '42');
    expect(token.reveal()).toBe(TOKEN);
    expect(stale).toBe(true);
  });
});

describe('keys', () => {
  it('take turns: the first encrypts, the others still open and mark what they open as stale', () => {
    const old = cipherOf(OTHER_KEY).encrypt(new Secret(TOKEN), '42');
    const rotated = cipherOf(KEY, ` ${OTHER_KEY} `);
    const opened = rotated.decrypt(old, '42');
    expect(opened.token.reveal()).toBe(TOKEN);
    expect(opened.stale).toBe(true);
    const renewed = rotated.encrypt(opened.token, '42');
    expect(cipherOf(KEY).decrypt(renewed, '42').stale).toBe(false);
  });

  it.each([
    ['a wrong one', () => cipherOf(KEY), 'ENCRYPTION_KEY_WRONG'],
    ['none', () => createTokenCipher(undefined), 'ENCRYPTION_KEY_MISSING'],
  ] as const)('%s: says so by code and sentence, without token and key', (_, open, code) => {
    const envelope = cipherOf(OTHER_KEY).encrypt(new Secret(TOKEN), '42');
    const error = refusal(() => open().decrypt(envelope, '42'));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/Page 42 .*TIDEMARK_ENCRYPTION_KEY/);
    const told = inspect(error, { depth: 9, showHidden: true });
    for (const secret of [TOKEN, KEY, OTHER_KEY, envelope]) expect(told).not.toContain(secret);
  });

  it('are needed to store a token', () => {
    const error = refusal(() => createTokenCipher(undefined).encrypt(new Secret(TOKEN), '42'));
    expect(error.code).toBe('ENCRYPTION_KEY_MISSING');
    expect(error.message).not.toContain(TOKEN);
  });

  it('of another length are refused without being repeated', () => {
    for (const wrong of ['short', '', `${KEY},`, keyOf(3).slice(8)]) {
      const error = refusal(() => cipherOf(wrong));
      expect(error.code).toBe('INVALID_SETTING');
      expect(error.message).not.toContain(KEY);
    }
  });
});
