/**
 * The fingerprint by which a write knows that nothing has changed. Media addresses are signed and change with every
 * answer, host and signature alike: only their path counts.
 */
import { hash } from 'node:crypto';
import type { JsonObject } from '../core/model.ts';

// In JSON text: an address ends at the closing quote, at a blank, or at a backslash (an escaped one).
const SIGNED_ADDRESS = /https?:\/\/[^/"\\?#\s]+([^"\\?#\s]*)\?[^"\\\s]*?\boe=[^"\\\s]*/g;

export function contentHash(raw: JsonObject): string {
  // The same object asked for in another way may come with its fields in another order.
  const ordered = Object.fromEntries(Object.entries(raw).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return hash('sha1', JSON.stringify(ordered).replaceAll(SIGNED_ADDRESS, '$1'), 'base64url');
}
