/**
 * Takes secrets out of text that comes from Facebook, where it enters, before it is kept, shown or logged. Facebook
 * prints the access token into the links of its lists and into some of its error messages; neither may ever leave this
 * room. Every text is a stranger's, so nothing here may take more than a time that grows with its length.
 */
import { blotSecrets } from './secret-forms.ts';

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

/** A text for people, without the known secrets and without anything that looks like a token. */
export function redact(text: string, secrets: readonly string[] = []): string {
  const clean = blotSecrets(text, secrets, () => BLOT);
  return TOKEN_LIKE.reduce((rest, [pattern, blot]) => rest.replace(pattern, blot), clean);
}

/**
 * What begins links to more of a list, which are string members. Quotes inside chat messages are escaped, so those
 * never match.
 */
const LINK_MEMBERS = ['"next":', '"previous":'];
const LINK = /^\s{0,9}"https?:/u;

/**
 * The JSON text of an answer without the known secrets and without tokens in the links of lists. All else stays as
 * it is: members named `access_token` are what was asked for, and a chat message may say what it likes.
 */
export function redactAnswer(text: string, secrets: readonly string[]): string {
  const clean = blotSecrets(text, secrets, (found, at, whole) => (isTokenMember(whole, at) ? found : BLOT));
  return LINK_MEMBERS.reduce(redactLinks, clean);
}

function redactLinks(text: string, member: string): string {
  const pieces: string[] = [];
  let doneTo = 0;
  for (let at = text.indexOf(member); at !== -1; at = text.indexOf(member, at + member.length)) {
    const start = at + member.length;
    const end = text.indexOf('"', text.indexOf('"', start) + 1);
    const link = end === -1 ? text.slice(start) : text.slice(start, end);
    if (!LINK.test(link)) continue;
    pieces.push(text.slice(doneTo, start), redact(link));
    doneTo = start + link.length;
  }
  return pieces.length === 0 ? text : `${pieces.join('')}${text.slice(doneTo)}`;
}

function isTokenMember(text: string, valueAt: number): boolean {
  return /"access_token":\s*"$/u.test(text.slice(Math.max(0, valueAt - 24), valueAt));
}
