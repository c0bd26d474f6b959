/**
 * What each refusal of Facebook means, as one table: the first rule that fits decides. The body speaks first, the HTTP
 * status only when the body says nothing, because Facebook's statuses are only partly documented. Nothing here may
 * quote a token.
 */
import type { ErrorCode } from '../core/error-catalogue.ts';
import { GraphError, type GraphFaultKind } from '../core/errors.ts';
import type { JsonValue } from '../core/model.ts';
import { DEFAULT_COOLDOWN_MS, NO_USAGE, type QuotaScope, regainMsOf, type Usage } from '../core/limits/quota-usage.ts';
import { redact } from './redact.ts';
import { isObject, toText, type Maybe } from './shapes.ts';

/** A refusal as Facebook words it; real bodies leave out any of it. */
export interface Refusal {
  readonly code: number | undefined;
  readonly subcode: number | undefined;
  readonly type: string | undefined;
  readonly isTransient: boolean | undefined;
  readonly message: string;
  readonly traceId: string | undefined;
}

interface Rule {
  /** Single codes, or closed ranges of them. Default: any code, and none. */
  readonly codes?: readonly (number | readonly [first: number, last: number])[];
  readonly subcodes?: readonly number[];
  readonly says?: RegExp;
  readonly isTransient?: boolean;
  readonly kind: GraphFaultKind;
  /** Whose calls must stop, and for how long when Facebook does not say. */
  readonly cooldown?: { readonly scope: QuotaScope; readonly ms: number };
  /** Default: that of the kind. */
  readonly code?: ErrorCode;
  /** What to do, where the catalogue's advice is too general. */
  readonly advice?: string | ((message: string) => string);
}

const PAGE_COOLDOWN = { scope: 'page', ms: DEFAULT_COOLDOWN_MS } as const;
const APP_SECRET_ADVICE =
  'Set META_APP_ID and META_APP_SECRET to the app that the token belongs to, and check the clock of this machine.';
const ADDRESS_ADVICE =
  'Allow the address of this machine among the server IP addresses in the settings of the app at Facebook.';
const VERSION_ADVICE = 'Set GRAPH_API_VERSION to a version that Facebook still serves, or upgrade Tidemark.';
const UNKNOWN_TOKEN = /access token/iu;

const RULES: readonly Rule[] = [
  // The answer would be too big. Has been seen with several codes; the words decide.
  { says: /reduce the amount of data/iu, kind: 'too-much-data' },
  // The Page lives on under another id.
  { codes: [21], kind: 'invalid', code: 'PAGE_MERGED', advice: toMergedAdvice },
  // The app does not prove itself, or proves itself wrongly.
  { codes: [104], kind: 'invalid', advice: APP_SECRET_ADVICE },
  { says: /app ?secret[ _]?proof/iu, kind: 'invalid', advice: APP_SECRET_ADVICE },
  // Throttling: 613 is the short one (calls per second), the others are quotas by the hour or day, of the app or a Page.
  { codes: [613], kind: 'throttled', cooldown: { scope: 'page', ms: 1000 } },
  { codes: [4, 341], kind: 'throttled', cooldown: { scope: 'app', ms: DEFAULT_COOLDOWN_MS } },
  { codes: [9, 17, 32, [80_000, 80_014]], kind: 'throttled', cooldown: PAGE_COOLDOWN },
  { codes: [368], kind: 'blocked', cooldown: { scope: 'page', ms: 60 * 60_000 } },
  // The token: session or token invalid, app removed, checkpoint, password changed, expired.
  { codes: [102, 190], kind: 'token' },
  { subcodes: [458, 459, 460, 463, 464, 467, 492], kind: 'token' },
  { codes: [2500], says: /active access token/iu, kind: 'token' },
  // The permission. 100 with such a text is one too: the object is there, but the app may not read it.
  { codes: [3, 10, [200, 299]], kind: 'permission' },
  {
    codes: [100],
    says: /requires (?:the )?'?[\w ]{1,80}'? permission|missing permission or reviewable feature/iu,
    kind: 'permission',
  },
  // One object that is not there, or not shown. Beyond the 20 newest messages Facebook calls a message "deleted".
  { codes: [100], subcodes: [33], kind: 'missing' },
  { codes: [803], kind: 'missing' },
  { says: /does not exist|do not exist|(?:has|have|was|were) (?:been )?deleted/iu, kind: 'missing' },
  // Faults of Facebook itself. What it marks as lasting is not tried again.
  { codes: [-3, 1, 2], isTransient: false, kind: 'invalid' },
  { codes: [-3, 1, 2], kind: 'transient' },
  { codes: [5], kind: 'invalid', advice: ADDRESS_ADVICE },
  { codes: [12, 2635], kind: 'invalid', advice: VERSION_ADVICE },
  // Faults of the request: parameters, unknown paths, too many parts, things that only sending knows.
  { codes: [24, 100, 551, 2500, 10_303, 1200], kind: 'invalid' },
  // Codes nobody has written down: Facebook's own word counts.
  { isTransient: true, kind: 'transient' },
  { isTransient: false, kind: 'invalid' },
];

function toMergedAdvice(message: string): string {
  const id = /migrated to page id\s{0,3}(\d{1,40})/iu.exec(message)?.[1];
  const other = id === undefined ? 'the Page that it was merged into' : `Page ${id}`;
  return `Connect ${other} instead; what is mirrored of this one stays until you remove it.`;
}

const CODE_OF_KIND: Partial<Record<GraphFaultKind, ErrorCode>> = {
  token: 'TOKEN_EXPIRED',
  permission: 'PERMISSION_MISSING',
  throttled: 'THROTTLED',
};

export interface RefusedAnswer {
  readonly status: number;
  /** The parsed body, already without the token that was sent; undefined when it was not JSON. */
  readonly body: Maybe;
  /** What was asked for, e.g. `the conversations of Page 1001`. */
  readonly subject: string;
  /** What the usage headers say. Default: nothing. */
  readonly usage?: Usage;
  /** What the `Retry-After` header says. */
  readonly retryAfterMs?: number | undefined;
}

/** The refusal in a body, in any of Facebook's forms; undefined when the body holds none. */
export function readRefusal(body: Maybe): Refusal | undefined {
  if (!isObject(body)) return undefined;
  const { error } = body;
  if (isObject(error)) return toRefusal(error);
  // Forms of the OAuth dialog and of old endpoints: the members stand at the top.
  if (typeof error === 'number') return toRefusal({ code: error, message: body['error_description'] });
  if (typeof error === 'string') return toRefusal({ type: error, message: body['error_description'] ?? error });
  if (body['error_code'] !== undefined) return toRefusal({ code: body['error_code'], message: body['error_msg'] });
  if (body['error_type'] !== undefined) return toRefusal({ ...body, type: body['error_type'] });
  return undefined;
}

/** The error for an answer that refuses: kind, catalogue code, and a sentence that quotes Facebook without tokens. */
export function classifyGraphError(answer: RefusedAnswer): GraphError {
  const { usage = NO_USAGE } = answer;
  const refusal = readRefusal(answer.body);
  const rule = refusal === undefined ? undefined : RULES.find((candidate) => fits(candidate, refusal));
  const kind = rule?.kind ?? kindOfStatus(answer.status, refusal);
  // A throttle without a code is taken for the Page's own: one Page's trouble never stops another.
  const cooldown = rule?.cooldown ?? (kind === 'throttled' ? PAGE_COOLDOWN : undefined);
  const regainMs =
    cooldown === undefined || kind !== 'throttled' ? undefined : regainMsOf(usage.quotas, cooldown.scope);
  const retryAfterMs = regainMs ?? answer.retryAfterMs ?? cooldown?.ms;
  const advice = typeof rule?.advice === 'function' ? rule.advice(refusal?.message ?? '') : rule?.advice;
  const code = rule?.code ?? CODE_OF_KIND[kind] ?? 'GRAPH_ERROR';
  return new GraphError(code, toSentence(answer, refusal, advice), {
    kind,
    cooldownScope: cooldown?.scope,
    usage,
    graphCode: refusal?.code,
    graphSubcode: refusal?.subcode,
    httpStatus: answer.status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function fits(rule: Rule, refusal: Refusal): boolean {
  const { code, subcode } = refusal;
  if (rule.codes !== undefined && !rule.codes.some((wanted) => isWithin(code, wanted))) return false;
  if (rule.subcodes !== undefined && (subcode === undefined || !rule.subcodes.includes(subcode))) return false;
  if (rule.isTransient !== undefined && rule.isTransient !== refusal.isTransient) return false;
  return rule.says === undefined || rule.says.test(refusal.message);
}

function isWithin(code: number | undefined, wanted: number | readonly [number, number]): boolean {
  if (code === undefined) return false;
  return typeof wanted === 'number' ? code === wanted : code >= wanted[0] && code <= wanted[1];
}

function kindOfStatus(status: number, refusal: Refusal | undefined): GraphFaultKind {
  if (status === 429) return 'throttled';
  if (status >= 500 || status === 408) return 'transient';
  if (status === 401 || (refusal?.type === 'OAuthException' && UNKNOWN_TOKEN.test(refusal.message))) return 'token';
  if (status === 403) return 'permission';
  if (status === 404) return 'missing';
  return status === 413 ? 'too-much-data' : 'invalid';
}

function toRefusal(error: { readonly [key: string]: JsonValue | undefined }): Refusal {
  const isTransient = error['is_transient'];
  return {
    code: toCode(error['code']),
    subcode: toCode(error['error_subcode'] ?? error['subcode']),
    type: toText(error['type']),
    isTransient: typeof isTransient === 'boolean' ? isTransient : undefined,
    message: toText(error['message']) ?? toText(error['error_message']) ?? '',
    traceId: toText(error['fbtrace_id']),
  };
}

function toCode(value: Maybe): number | undefined {
  const code = Number(toText(value)?.trim() || Number.NaN);
  return Number.isInteger(code) ? code : undefined;
}

const LONGEST_QUOTE = 400;

function toSentence(answer: RefusedAnswer, refusal: Refusal | undefined, advice: string | undefined): string {
  const words = redact(refusal?.message ?? '')
    .trim()
    .slice(0, LONGEST_QUOTE);
  const marks = [
    refusal?.code === undefined ? undefined : `code ${refusal.code}`,
    refusal?.subcode === undefined ? undefined : `subcode ${refusal.subcode}`,
    `HTTP ${answer.status}`,
    refusal?.traceId === undefined ? undefined : `fbtrace_id ${redact(refusal.traceId)}`,
  ].filter((mark) => mark !== undefined);
  const quote = words === '' ? 'no reason given' : `“${words}”`;
  return `Facebook refused ${answer.subject}: ${quote} (${marks.join(', ')}).${advice === undefined ? '' : ` ${advice}`}`;
}
