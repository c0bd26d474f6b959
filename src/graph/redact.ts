/**
 * Takes secrets out of text that comes from Facebook, where it enters, before it is kept, shown or logged. Facebook
 * prints the access token into the links of its lists and into some of its error messages; neither may ever leave this
 * room. Every text is a stranger's, so nothing here may take more than a time that grows with its length.
 */
import { blotSecrets, type SecretForms, toSecretForms } from './secret-forms.ts';

const BLOT = '[secret]';

// Forms and addresses may stand in one another: their `=`, `&` and `|` are then escaped, once or more often.
const TOKEN_LIKE: readonly (readonly [RegExp, string])[] = [
  [
    /((?:access_token|input_token|fb_exchange_token|client_secret|appsecret_proof)(?:=|%(?:25){0,9}3D|\\{1,8}u003D|&#(?:61|x3D);|(?:\\{0,8}"|&quot;|%(?:25){0,9}22)?\s{0,9}(?::|%(?:25){0,9}3A)\s{0,9}(?:\\{0,8}"|&quot;|%(?:25){0,9}22)?))[^&\s"'\\]+/giu,
    `$1${BLOT}`,
  ],
  [/EAA[A-Za-z0-9]{8,}/gu, BLOT],
  // An app token: the app's id and its secret.
  [/((?<!\d)|%[0-9A-F]{2})\d{5,20}(?:\||%(?:25){0,9}7C|\\{1,8}u007C|&#(?:124|x7C);)[\w-]{8,}/giu, `$1${BLOT}`],
];

/** A text for people, without anything that looks like a token. */
export function redact(text: string): string {
  return TOKEN_LIKE.reduce((rest, [pattern, blot]) => rest.replace(pattern, blot), text);
}

/** Takes what is known to be secret out of the texts of one exchange. */
export interface Redactor {
  /** A text for people, also without anything that looks like a token. */
  text(text: string): string;
  /**
   * The JSON text of an answer, also without tokens in the links of lists. All else stays as it is: members named
   * `access_token` are what was asked for, and a chat message may say what it likes.
   */
  answer(text: string): string;
}

/** Empty secrets are none. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const forms = toSecretForms(secrets);
  return {
    text: (text) => redact(blotSecrets(text, forms, () => BLOT)),
    answer: (text) => LINK_NAMES.reduce(redactLinks, blotAnswer(text, forms)),
  };
}

function blotAnswer(text: string, forms: readonly SecretForms[]): string {
  return blotSecrets(text, forms, (found, at, whole) => (isTokenMember(whole, at) ? found : BLOT));
}

const LINK_SECRET =
  /((?:access_token|appsecret_proof|input_token|fb_exchange_token|client_secret)(?:=|%(?:25){0,9}3[dD]|\\u003[dD]))[^&"\\]+/gu;
const LINK_TOKEN = /EAA[A-Za-z0-9]{8,}/gu;

/**
 * Links to more of a list are string members of these names. Quotes inside chat messages are escaped, so those never
 * match. An answer may have thousands of links; hence not all is done that is for people.
 */
const LINK_NAMES = ['"next":', '"previous":'];
const LINK_START = /^\s{0,9}"https?:/u;

/** On the bytes: a large string made of thousands of pieces costs more than all the rest of reading an answer. */
function redactLinks(text: string, name: string): string {
  if (!text.includes(name)) return text;
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  let keptTo = 0;
  for (let at = bytes.indexOf(name); at !== -1; at = bytes.indexOf(name, at + name.length)) {
    const from = at + name.length;
    const start = LINK_START.exec(bytes.toString('latin1', from, from + 16))?.[0];
    if (start === undefined) continue;
    const end = bytes.indexOf(QUOTE, from + start.length);
    const to = end === -1 ? bytes.length : end;
    const link = bytes.toString('latin1', from, to).replaceAll(LINK_SECRET, `$1${BLOT}`).replaceAll(LINK_TOKEN, BLOT);
    pieces.push(bytes.subarray(keptTo, from), Buffer.from(link, 'latin1'));
    keptTo = to;
  }
  return keptTo === 0 ? text : Buffer.concat([...pieces, bytes.subarray(keptTo)]).toString();
}

const QUOTE = 0x22;

function isTokenMember(text: string, valueAt: number): boolean {
  return /"access_token":\s*"$/u.test(text.slice(Math.max(0, valueAt - 24), valueAt));
}
