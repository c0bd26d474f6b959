/**
 * The fingerprint by which a write knows that nothing has changed. Media addresses are signed and change with every
 * answer, host and signature alike: only their path counts.
 */
import { hash } from 'node:crypto';
import type { JsonObject } from '../core/model.ts';

const SIGNED_ADDRESS = /https?:\/\/[^/"\\?#]+([^"?#]*)\?[^"]*?\boe=[^"]*/g;

export function contentHash(raw: JsonObject): string {
  // The same object asked for in another way may come with its fields in another order.
  const ordered = Object.fromEntries(Object.entries(raw).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return hash('sha1', JSON.stringify(ordered).replace(SIGNED_ADDRESS, '$1'), 'base64url');
}
