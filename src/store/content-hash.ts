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
/** A parameter that only a signed address has: Facebook's `oe` and `oh`, and those of the storage of others. */
const SIGNED =
  /[?&](?:oe|oh|hash|hmac|sig|signature|expires|__gda__|__token__|hdn(?:ea|ts)|x-(?:amz|goog)-signature)=/i;
/** What is signed anew with each answer, or says how and until when. */
const PASSING =
  /^(?:oe|oh|ext|exp|expires|hash|hmac|sig|signature|token|policy|key-pair-id|edm|ccb|stp|efg|uss|_nc_\w+|__\w+__|hdn(?:ea|ts)|awsaccesskeyid|googleaccessid|s[eiprtv]|x-(?:amz|goog)-[\w-]+)=/i;

/** `json`: what `orderedJson` makes of `raw`, for those who have it already. */
export function contentHash(raw: JsonObject, json = orderedJson(raw)): string {
  return hash('sha1', SIGNED.test(json) ? json.replaceAll(ADDRESS, toUnsigned) : json, 'base64url');
}

/** Of an address that is signed only its path, and the parameters that say what lies there. */
function toUnsigned(address: string, place: string, query: string | undefined): string {
  if (query === undefined || !SIGNED.test(query)) return address;
  const slashAt = place.indexOf('/');
  const lasting = query
    .slice(1)
    .split('&')
    .filter((parameter) => !PASSING.test(parameter));
  return `${slashAt === -1 ? '' : place.slice(slashAt)}?${lasting.join('&')}`;
}

/** JSON text with the fields in one order: the same object, asked for in another way, may come with them in another. */
export function orderedJson(raw: JsonObject): string {
  return JSON.stringify(Object.fromEntries(Object.entries(raw).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
