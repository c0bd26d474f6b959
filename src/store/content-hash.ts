/**
 * The fingerprint by which a write knows that nothing has changed. Media addresses are signed and change with every
 * answer, host and signature alike: only their path counts.
 */
import { hash } from 'node:crypto';
import type { JsonObject } from '../core/model.ts';

/**
 * In JSON text: host, path and query of an address, which ends at the closing quote, at a blank, or at a backslash (an
 * escaped one). Texts are written by strangers: once begun, this never fails, so that no text makes it search twice.
 */
const ADDRESS = /https?:\/\/[^/"\\?#\s]([^"\\?#\s]*)(\?[^"\\\s]*)?/g;
const EXPIRY = /\boe=/;

/** `json`: what `orderedJson` makes of `raw`, for those who have it already. */
export function contentHash(raw: JsonObject, json = orderedJson(raw)): string {
  return hash('sha1', json.includes('oe=') ? json.replaceAll(ADDRESS, toUnsigned) : json, 'base64url');
}

/** Only the path of an address that is signed. */
function toUnsigned(address: string, place: string, query: string | undefined): string {
  if (query === undefined || !EXPIRY.test(query)) return address;
  const slashAt = place.indexOf('/');
  return slashAt === -1 ? '' : place.slice(slashAt);
}

/** JSON text with the fields in one order: the same object, asked for in another way, may come with them in another. */
export function orderedJson(raw: JsonObject): string {
  return JSON.stringify(Object.fromEntries(Object.entries(raw).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
