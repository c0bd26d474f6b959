/**
 * Encryption of access tokens at rest: AES-256-GCM in an envelope that names its version and key, so keys can be
 * rotated. A token is bound to its Page: moved to another row, it does not decrypt.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { TidemarkError } from '../core/errors.ts';
import { must } from '../lib/must.ts';
import { Secret } from '../lib/secret.ts';

export interface TokenCipher {
  encrypt(token: Secret, facebookPageId: string): string;
  /**
   * The token in an envelope, or a plain one that another program left. `stale` says that it should be stored
   * again: it is plain, or encrypted with a key that is no longer the first.
   */
  decrypt(stored: string, facebookPageId: string): { readonly token: Secret; readonly stale: boolean };
}

const VERSION = 'tm1';
/** An envelope of any version; Facebook's tokens are letters and digits. */
const ENVELOPE = /^tm\d+:/;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';
const TAG = { authTagLength: TAG_BYTES };

interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

/** `keys`: 32 bytes each in base64, comma-separated; the first encrypts, all of them decrypt. */
export function createTokenCipher(keys: Secret | undefined): TokenCipher {
  const known = keys === undefined ? [] : keys.reveal().split(',').map(toKey);

  return {
    encrypt(token, facebookPageId) {
      const [key] = known;
      if (key === undefined) {
        throw new TidemarkError(
          'ENCRYPTION_KEY_MISSING',
          `The access token of Page ${facebookPageId} cannot be stored: there is no TIDEMARK_ENCRYPTION_KEY.`,
        );
      }
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, key.bytes, iv, TAG).setAAD(Buffer.from(facebookPageId));
      const sealed = Buffer.concat([iv, cipher.update(token.reveal(), 'utf8'), cipher.final()]);
      return [VERSION, key.id, Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64url')].join(':');
    },
    decrypt(stored, facebookPageId) {
      if (!ENVELOPE.test(stored)) return { token: new Secret(stored), stale: true };
      const [version, keyId, payload = ''] = stored.split(':');
      if (version !== VERSION) {
        throw new TidemarkError(
          'ENCRYPTION_KEY_WRONG',
          `The access token of Page ${facebookPageId} was encrypted by a newer version of Tidemark.`,
        );
      }
      const key = known.find((candidate) => candidate.id === keyId);
      if (key === undefined) throw wrongKey(facebookPageId, known.length);
      const sealed = Buffer.from(payload, 'base64url');
      try {
        const decipher = createDecipheriv(ALGORITHM, key.bytes, sealed.subarray(0, IV_BYTES), TAG)
          .setAAD(Buffer.from(facebookPageId))
          .setAuthTag(sealed.subarray(-TAG_BYTES));
        const plain = Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
        return { token: new Secret(plain.toString('utf8')), stale: key !== known[0] };
      } catch (error) {
        throw new TidemarkError(
          'ENCRYPTION_KEY_WRONG',
          `The stored access token of Page ${facebookPageId} is damaged or belongs to another Page.`,
          { cause: error },
        );
      }
    },
  };
}

function toKey(text: string): Key {
  const bytes = Buffer.from(text.trim(), 'base64');
  if (bytes.length !== 32) {
    throw new TidemarkError('INVALID_SETTING', 'TIDEMARK_ENCRYPTION_KEY must be 32 bytes in base64.');
  }
  return { id: must(createHash('sha256').update(bytes).digest('hex').slice(0, 8), 'a digest has 64 digits'), bytes };
}

function wrongKey(facebookPageId: string, keyCount: number): TidemarkError {
  if (keyCount === 0) {
    return new TidemarkError(
      'ENCRYPTION_KEY_MISSING',
      `The access token of Page ${facebookPageId} is encrypted, but there is no TIDEMARK_ENCRYPTION_KEY.`,
    );
  }
  return new TidemarkError(
    'ENCRYPTION_KEY_WRONG',
    `The access token of Page ${facebookPageId} was encrypted with a key that TIDEMARK_ENCRYPTION_KEY does not hold.`,
  );
}
