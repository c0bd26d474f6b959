/**
 * What PostgreSQL's text and jsonb can't hold: NUL and lone surrogates. They become U+FFFD, and the raw JSON of the
 * row says where. Nothing else of what Facebook sent is ever changed.
 */
import type { JsonObject, JsonValue } from '../core/model.ts';

const UNSTORABLE = /\0|\p{Surrogate}/gu;
/** Finds, in JSON text, what might be unstorable: JSON.stringify escapes exactly these. */
const SUSPICIOUS_JSON = /\\u(?:0000|d[89a-f][0-9a-f]{2})/;

/** Name of the entry in `raw` for what is to be known of it, such as the paths at which characters were replaced. */
const NOTE = '_tidemark';

export function toStorableText(text: string): string {
  // Nearly every text is storable, and to see that is faster than to search it.
  if (text.isWellFormed() && !text.includes('\0')) return text;
  return text.replaceAll(UNSTORABLE, '\uFFFD');
}

/** `json`: the JSON text of `raw`, its fields in any order, for those who have it already. */
export function toStorableJson(raw: JsonObject, json = JSON.stringify(raw)): JsonObject {
  if (!SUSPICIOUS_JSON.test(json)) return raw;
  const replaced: string[] = [];
  const clean = cleanValue(raw, '', replaced) as JsonObject;
  if (replaced.length === 0) return raw;
  const noted = clean[NOTE];
  return { ...clean, [NOTE]: { ...(typeof noted === 'object' && noted !== null ? noted : {}), replaced } };
}

function cleanValue(value: JsonValue | undefined, path: string, replaced: string[]): JsonValue | undefined {
  if (typeof value === 'string') {
    const text = toStorableText(value);
    if (text !== value) replaced.push(path);
    return text;
  }
  if (Array.isArray(value)) {
    return value.map((item: JsonValue, index) => cleanValue(item, `${path}[${index}]`, replaced) ?? null);
  }
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([rawKey, item]) => {
        const key = toStorableText(rawKey);
        const here = path === '' ? key : `${path}.${key}`;
        if (key !== rawKey) replaced.push(here);
        return [key, cleanValue(item, here, replaced)];
      }),
    );
  }
  return value;
}
