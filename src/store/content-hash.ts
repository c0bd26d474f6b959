/**
 * The fingerprint by which a write knows that nothing has changed. Media addresses are signed and change with every
 * answer, host and signature alike: only their path counts.
 */
import { hash } from 'node:crypto';
import type { JsonObject } from '../core/model.ts';

// In JSON text: an address ends at the closing quote, at a blank, or at a backslash (an escaped one).
const SIGNED_ADDRESS = /https?:\/\/[^/"\\?#\s]+([^"\\?#\s]*)\?[^"\\\s]*?\boe=[^"\\\s]*/g;

/** `json`: what `orderedJson` makes of `raw`, for those who have it already. */
export function contentHash(raw: JsonObject, json = orderedJson(raw)): string {
  return hash('sha1', json.includes('oe=') ? json.replaceAll(SIGNED_ADDRESS, '$1') : json, 'base64url');
}

/** JSON text with the fields in one order: the same object, asked for in another way, may come with them in another. */
export function orderedJson(raw: JsonObject): string {
  return JSON.stringify(Object.fromEntries(Object.entries(raw).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
