/**
 * Cursors in the recorded form: long, opaque, and only good for the edge that made them. One names the item at the
 * edge of a page and where that item stood, so that it can die with the item.
 */
import { escapeBase64, unescapeBase64 } from './ids.ts';
import { hash } from './random.ts';

/** An item's standing in a list at the moment its cursor was made. */
export interface Standing {
  readonly index: number;
  /** Milliseconds; 0 in lists that have no times. */
  readonly updatedAt: number;
}

/** The fixed start of every recorded cursor, once unwrapped. */
const PREFIX = 'AQHR';

/** Index, time and check. */
const BYTES = 16;

/** `owner` is the object and edge the cursor belongs to, e.g. `123/conversations`. */
export function toCursor(owner: string, standing: Standing): string {
  const plain = Buffer.alloc(BYTES);
  plain.writeUInt32BE(standing.index, 0);
  plain.writeDoubleBE(standing.updatedAt, 4);
  plain.writeUInt32BE(checkOf(owner, standing), 12);
  return escapeBase64(Buffer.from(PREFIX + mask(plain).toString('base64url')).toString('base64'));
}

/** Undefined when the text is no cursor of this owner. */
export function parseCursor(owner: string, text: string): Standing | undefined {
  const inner = Buffer.from(unescapeBase64(text), 'base64').toString('latin1');
  if (!inner.startsWith(PREFIX)) return undefined;
  const plain = mask(Buffer.from(inner.slice(PREFIX.length), 'base64url'));
  if (plain.length !== BYTES) return undefined;
  const standing = { index: plain.readUInt32BE(0), updatedAt: plain.readDoubleBE(4) };
  return plain.readUInt32BE(12) === checkOf(owner, standing) ? standing : undefined;
}

/** Ties a cursor to its list. */
function checkOf(owner: string, { index, updatedAt }: Standing): number {
  return hash(owner, index, updatedAt);
}

/** Its own inverse. Hides the structure from the eye, so that nobody is tempted to read it. */
function mask(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, at) => byte ^ (hash('cursor', at) & 0xff)));
}
