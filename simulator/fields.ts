/**
 * Reads the `fields` parameter: names, `.modifier(value)` and nested `{…}`, as in
 * `id,messages.limit(20){id,from{name}}`. Whether a name exists is decided by the shapes, not here.
 */
import { invalidParameter, syntaxError } from './refusals.ts';

export interface Field {
  readonly name: string;
  /** e.g. `limit` → `20`. */
  readonly modifiers: Readonly<Record<string, string>>;
  /** Undefined: the field's own defaults. */
  readonly children: readonly Field[] | undefined;
}

const NAME = /[A-Za-z0-9_]+/y;
const MODIFIER = /\.([A-Za-z_]+)\(([^()]*)\)/y;

/** Throws refusal 2500 when the text is not well formed. */
function parseFields(text: string): readonly Field[] {
  let at = 0;

  const fail = (expected: string): never => {
    const found = at < text.length ? `instead of "${text.charAt(at)}"` : 'instead of end of string';
    throw syntaxError(`Expected ${expected} ${found}.`, at, text);
  };

  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text) ?? undefined;
    if (found !== undefined) at = pattern.lastIndex;
    return found;
  };

  const skipSpaces = (): void => {
    while (text.charAt(at) === ' ') at += 1;
  };

  const parseField = (): Field => {
    skipSpaces();
    const name = match(NAME)?.[0] ?? fail('name');
    const modifiers: Record<string, string> = {};
    let children: readonly Field[] | undefined;
    // Modifiers are accepted on either side of the braces.
    for (;;) {
      const modifier = match(MODIFIER);
      if (modifier !== undefined) {
        modifiers[modifier[1] ?? ''] = modifier[2] ?? '';
      } else if (text.charAt(at) === '{' && children === undefined) {
        at += 1;
        children = parseList();
        if (text.charAt(at) !== '}') fail('"}"');
        at += 1;
      } else {
        skipSpaces();
        return { name, modifiers, children };
      }
    }
  };

  const parseList = (): Field[] => {
    const fields = [parseField()];
    while (text.charAt(at) === ',') {
      at += 1;
      fields.push(parseField());
    }
    return fields;
  };

  const fields = parseList();
  if (at < text.length) fail('end of string');
  return fields;
}

/** The `fields` parameter of a request; undefined when it is absent or empty. */
export function readFields(text: string | undefined): readonly Field[] | undefined {
  return text === undefined || text.trim() === '' ? undefined : parseFields(text);
}

/** A `limit`, clamped to `cap`; throws refusal 100 when it is not a whole number from 0 on. */
export function readLimit(text: string | undefined, bounds: { fallback: number; cap: number }): number {
  if (text === undefined || text === '') return Math.min(bounds.fallback, bounds.cap);
  if (!/^\d+$/.test(text)) throw invalidParameter('Param limit must be a non negative integer');
  return Math.min(Number(text), bounds.cap);
}

/** The nested messages a field list asks for per conversation; 0 when it asks for none. */
export function nestedMessages(
  fields: readonly Field[] | undefined,
  bounds: { fallback: number; cap: number },
): number {
  const messages = fields?.find(({ name }) => name === 'messages');
  return messages === undefined ? 0 : readLimit(messages.modifiers['limit'], bounds);
}
