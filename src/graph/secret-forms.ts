/**
 * Finds a known secret in a text however a server may have written it there: as it is, escaped for an address, for HTML
 * or for JSON, once or several times over, or as base64 or hex. It takes a time that grows with the text alone.
 */
import { must } from '../lib/must.ts';

/** What to write in place of a find. */
export type Blot = (found: string, at: number, text: string) => string;

// Beyond this many times over nobody escapes. A run of backslashes is looked at once, from its beginning.
const PERCENT = String.raw`(?:%|(?<!\\)\\{1,8}u0025|&(?:amp;){0,4}#37;)(?:25){0,6}`;
const BACKSLASH = String.raw`(?:(?<!\\)\\{1,16}|${PERCENT}5c)`;
const AMPERSAND = String.raw`(?:&|${PERCENT}26|(?<!\\)\\{1,8}u0026)(?:amp(?:;|${PERCENT}3b)){0,4}`;
const SEMICOLON = `(?:;|${PERCENT}3b)`;
const HASH = `(?:#|${PERCENT}23)`;

const ENTITIES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };
const OTHER_FORMS: Readonly<Record<string, string>> = { ' ': String.raw`\+`, '+': ' ' };

/** Letters and digits that are escaped although they need not be. Without one, they stand in every form as they are. */
const ALPHANUMERIC = '(?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aA])';
const ALPHANUMERIC_POINT = '0{0,6}(?:4[89]|5[0-7]|6[5-9]|[78][0-9]|9[0789]|1[012][0-9])';
const NEEDLESS_ESCAPE = new RegExp(
  String.raw`(?:%|%25|\\u00|\\x)(?:25){0,6}${ALPHANUMERIC}` +
    `|(?:&|;|26|3[bB])(?:#|%(?:25){0,6}23)(?:${ALPHANUMERIC_POINT}|[xX]0{0,6}${ALPHANUMERIC})`,
);

/** Shorter ones would be found in texts that have nothing to do with the secret. */
const SHORTEST_CODE = 10;
const SHORTEST_CORE = 4;

/** A secret and what tells quickly that a text does not hold it; made once and looked for in many texts. */
export interface SecretForms {
  readonly secret: string;
  /** The longest part that no usual escape changes; empty when it is too short to tell anything. */
  readonly core: string;
  readonly codes: readonly Pick<SecretForms, 'secret' | 'core'>[];
}

/** Empty ones are none. */
export function toSecretForms(secrets: readonly string[]): readonly SecretForms[] {
  const known = [...new Set(secrets)].filter((secret) => secret !== '');
  return known.map((secret) => ({ ...withCore(secret), codes: toCodes(secret).map(withCore) }));
}

/** The text with `blot`'s words in place of each secret. */
export function blotSecrets(text: string, secrets: readonly SecretForms[], blot: Blot): string {
  let clean = text;
  let isOdd: boolean | undefined;
  for (const { secret, core, codes } of secrets) {
    clean = clean.replaceAll(secret, blot);
    isOdd ??= NEEDLESS_ESCAPE.test(text);
    if (isOdd || clean.includes(core)) clean = clean.replaceAll(toAnyForm(secret), blot);
    for (const code of codes) {
      if (clean.includes(code.core)) clean = clean.replaceAll(toAnyForm(code.secret), blot);
    }
  }
  return clean;
}

function withCore(secret: string) {
  const parts = secret.match(/[A-Za-z0-9]+/gu) ?? [];
  const core = parts.reduce((longest, other) => (other.length > longest.length ? other : longest), '');
  return { secret, core: core.length < SHORTEST_CORE ? '' : core };
}

function toAnyForm(secret: string): RegExp {
  return new RegExp([...secret].map(toAnyFormOfChar).join(''), 'giu');
}

function toAnyFormOfChar(char: string): string {
  const point = must(char.codePointAt(0), 'a character');
  const hex = point.toString(16);
  const itself = String.raw`\u{${hex}}`;
  const bytes = [...Buffer.from(char)].map((byte) => `${PERCENT}${byte.toString(16).padStart(2, '0')}`);
  const units = Array.from({ length: char.length }, (_, at) => char.charCodeAt(at).toString(16).padStart(4, '0'));
  const forms = [
    itself,
    bytes.join(''),
    units.map((unit) => `${BACKSLASH}u${unit}`).join(''),
    `${AMPERSAND}${HASH}(?:0{0,6}${point}|x0{0,6}${hex})${SEMICOLON}`,
    OTHER_FORMS[char],
    point < 256 ? `${BACKSLASH}x${hex.padStart(2, '0')}` : undefined,
    /[A-Za-z0-9]/u.test(char) ? undefined : `${BACKSLASH}${itself}`,
    ENTITIES[char] === undefined ? undefined : `${AMPERSAND}${ENTITIES[char]}${SEMICOLON}`,
  ];
  return `(?:${forms.filter((form) => form !== undefined).join('|')})`;
}

/** As hex and as base64, wherever in a longer base64 text it begins. */
function toCodes(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const codes = [hex, hex.toUpperCase()];
  for (const before of [0, 1, 2]) {
    const all = Buffer.concat([Buffer.alloc(before), bytes]);
    // The digits that hold bits of the secret alone.
    const digits = [Math.ceil((before * 8) / 6), Math.floor((all.length * 8) / 6)] as const;
    codes.push(all.toString('base64').slice(...digits), all.toString('base64url').slice(...digits));
  }
  return [...new Set(codes)].filter((code) => code.length >= SHORTEST_CODE);
}
