/**
 * Text of strangers as a person may see it: what would steer a terminal, fake a line, turn the direction of writing or
 * hide something is shown as an escape. It is for the places where text is written to people, and changes nothing else.
 */

/** Control and format characters, line separators, lone surrogates, and whatever else a terminal shows nothing for. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]+/gv;
const INVISIBLE_BUT_LINE_END = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]--\n]+/gv;
const JSON_INVISIBLE = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--[\n\r\t]]+/gv;

/** The variants of emoji are told apart by these two, which do nothing but that. */
const HARMLESS = new Set(['\uFE0E', '\uFE0F']);
const SHORT: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` };

/** On one line. Twice is the same as once. */
export function toVisible(text: string): string {
  return text.replaceAll(INVISIBLE, toEscapes);
}

/** The same, for a text that we have put into lines ourselves. */
export function toVisibleLines(text: string): string {
  return text.replaceAll(INVISIBLE_BUT_LINE_END, toEscapes);
}

/** JSON text that means the same, with those characters as JSON's own escapes. */
export function toVisibleJson(json: string): string {
  return json.replaceAll(JSON_INVISIBLE, (found) =>
    Array.from({ length: found.length }, (_, at) => `\\u${toHex(found.charCodeAt(at), 4)}`).join(''),
  );
}

function toEscapes(found: string): string {
  let escapes = '';
  for (const char of found) escapes += toEscape(char);
  return escapes;
}

function toEscape(found: string): string {
  if (HARMLESS.has(found)) return found;
  const point = found.codePointAt(0) ?? 0;
  return SHORT[found] ?? (point < 0x100 ? `\\x${toHex(point, 2)}` : `\\u{${toHex(point, 4)}}`);
}

function toHex(point: number, digits: number): string {
  return point.toString(16).padStart(digits, '0');
}
