/** JSON as Facebook writes it: everything beyond ASCII as `\u` escapes, and every slash escaped. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

/** Lower-case hex digits, as recorded and as webhook signatures need them. */
export function toFacebookJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\u007f-\uffff/]/g, escapeCharacter);
}

/** Escapes already made: an answer holds the same letters thousands of times. */
const escapes: (string | undefined)[] = [];

function escapeCharacter(character: string): string {
  const unit = character.charCodeAt(0);
  return (escapes[unit] ??= character === '/' ? '\\/' : `\\u${unit.toString(16).padStart(4, '0')}`);
}
