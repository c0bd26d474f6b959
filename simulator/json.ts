/** JSON as Facebook writes it: everything beyond ASCII as `\u` escapes, and every slash escaped. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

/** Lower-case hex digits, as recorded and as webhook signatures need them. */
export function toFacebookJson(value: unknown): string {
  const json = JSON.stringify(value);
  const { buffer, byteOffset } = Buffer.from(json, 'utf16le');
  const units = new Uint16Array(buffer, byteOffset, json.length);
  const bytes = Buffer.allocUnsafe(json.length * LONGEST_ESCAPE);
  let length = 0;
  // Over numbers: a replacing function would be called for each of a million letters.
  for (let at = 0; at < units.length; at += 1) {
    const unit = units[at] ?? 0;
    if (unit >= FIRST_ESCAPED) {
      length += (escapes[unit] ??= toEscape(unit)).copy(bytes, length);
    } else {
      if (unit === SLASH) bytes[length++] = BACKSLASH;
      bytes[length++] = unit;
    }
  }
  return bytes.toString('latin1', 0, length);
}

const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const FIRST_ESCAPED = 0x7f;
const LONGEST_ESCAPE = 6;

/** Escapes already made: an answer holds the same letters thousands of times. */
const escapes: (Buffer | undefined)[] = [];

function toEscape(unit: number): Buffer {
  return Buffer.from(`\\u${unit.toString(16).padStart(4, '0')}`);
}
