/**
 * Takes secrets out of text that came from Facebook before it is kept, shown or logged. Facebook prints the access
 * token into the links of its lists and into some of its error messages; neither may ever leave this room.
 */
const BLOT = '[secret]';

// Forms and addresses may stand in one another: their `=`, `&` and `|` are then percent-encoded, once or more often.
const TOKEN_LIKE: readonly RegExp[] = [
  /(?<=(?:access_token|input_token|fb_exchange_token|client_secret|appsecret_proof)(?:=|%(?:25)*3D|\\*"?\s*:\s*\\*"?))[^&\s"'\\]+/giu,
  /(?:\b|(?<=%[0-9A-F]{2}))EAA[A-Za-z0-9]{8,}/gu,
  // An app token: the app's id and its secret.
  /(?:\b|(?<=%[0-9A-F]{2}))\d{5,}(?:\||%(?:25)*7C)[\w-]{8,}/gu,
];

/** A text for people, without the known secrets and without anything that looks like a token. */
export function redact(text: string, secrets: readonly string[] = []): string {
  return TOKEN_LIKE.reduce((rest, pattern) => rest.replace(pattern, BLOT), withoutSecrets(text, secrets));
}

/**
 * Parameters of links, which are string members named `next` or `previous`. Quotes inside chat messages are escaped,
 * so those never match.
 */
const LINK_SECRETS: ReadonlyMap<string, RegExp> = new Map([
  ['access_token=', /("(?:next|previous)":\s*"[^"]*?access_token=)[^&"\\]*/gu],
  ['appsecret_proof=', /("(?:next|previous)":\s*"[^"]*?appsecret_proof=)[^&"\\]*/gu],
]);

/**
 * The JSON text of an answer without the known secrets and without tokens in the links of lists. All else stays as
 * it is: members named `access_token` are what was asked for, and a chat message may say what it likes.
 */
export function redactAnswer(text: string, secrets: readonly string[]): string {
  let clean = withoutSecrets(text, secrets);
  for (const [name, pattern] of LINK_SECRETS) if (clean.includes(name)) clean = clean.replace(pattern, `$1${BLOT}`);
  return clean;
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  const forms = new Set(secrets.flatMap(formsOf).filter((form) => form !== ''));
  let clean = text;
  for (const form of forms) {
    clean = clean.replaceAll(form, (found, at: number, whole: string) => (isTokenMember(whole, at) ? found : BLOT));
  }
  return clean;
}

/** As it stands in an address, in a form, in an address inside a form, and in JSON, where Facebook escapes slashes. */
function formsOf(secret: string): string[] {
  const inForm = toFormValue(secret);
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [secret, encodeURIComponent(secret), inForm, toFormValue(inForm), inJson, inJson.replaceAll('/', '\\/')];
}

function toFormValue(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

function isTokenMember(text: string, valueAt: number): boolean {
  return /"access_token":\s*"$/u.test(text.slice(Math.max(0, valueAt - 24), valueAt));
}
