/**
 * Bounds how deep JSON text is nested: programs that follow it step by step, ours and PostgreSQL among them, run out of
 * stack somewhere. What lies too deep is kept as text, so that nothing is lost and what stands beside it is stored.
 */

/** Facebook's own answers have about ten levels. */
export const MAX_DEPTH = 100;

/** The same text; values that lie deeper than MAX_DEPTH are strings of their JSON text. */
export function flattenJson(text: string): string {
  const pieces: string[] = [];
  let depth = 0;
  let keptTo = 0;
  let deepFrom = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) at = endOfString(text, at);
    else if (char === OPENS_OBJECT || char === OPENS_LIST) {
      depth += 1;
      if (depth === MAX_DEPTH + 1) deepFrom = at;
    } else if (char === CLOSES_OBJECT || char === CLOSES_LIST) {
      depth -= 1;
      if (depth === MAX_DEPTH) {
        pieces.push(text.slice(keptTo, deepFrom), JSON.stringify(text.slice(deepFrom, at + 1)));
        keptTo = at + 1;
      }
    }
  }
  return keptTo === 0 ? text : pieces.join('') + text.slice(keptTo);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [OPENS_OBJECT, CLOSES_OBJECT] = [0x7b, 0x7d];
const [OPENS_LIST, CLOSES_LIST] = [0x5b, 0x5d];

/** Where the string that begins here ends; the last character when it never does. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}
