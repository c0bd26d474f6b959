/**
 * Looks at a token that is handed in before Pages are connected with it: a short-lived one becomes a long-lived one
 * where the app is known, one that cannot read messages is refused, and whatever will end is said now.
 */
import { isGraphError, TidemarkError, toTidemarkError } from '../core/errors.ts';
import type { Instant } from '../core/model.ts';
import type { Send } from '../graph/call.ts';
import { type App, exchangeToken, findPermissions, inspectToken, type TokenFacts } from '../graph/token-facts.ts';
import { Secret } from '../lib/secret.ts';

export interface TokenCheckParts {
  readonly openCaller: (token: Secret) => Send;
  readonly appId: string | undefined;
  readonly appSecret: Secret | undefined;
}

export interface CheckedToken {
  /** The one to use: long-lived, if that could be had. */
  readonly token: Secret;
  /** What is known of it; undefined when Facebook told nothing. */
  readonly facts: TokenFacts | undefined;
  readonly isExchanged: boolean;
  readonly warnings: readonly string[];
}

const DAY_MS = 24 * 60 * 60_000;
/** A user token that lives longer is a long-lived one. */
const SHORT_LIFE_MS = 2 * DAY_MS;
const READS_MESSAGES = ['pages_messaging', 'instagram_manage_messages'];
const WANTED = ['pages_messaging', 'pages_manage_metadata', 'pages_read_engagement'];
const LIFE_UNKNOWN =
  'How long this token lives is not known. A token of the Graph API Explorer and the Page tokens that come with it live for ' +
  'an hour or two: set META_APP_ID and META_APP_SECRET, and Tidemark exchanges it for one that lasts.';

/** Rejects with PERMISSION_MISSING when the token surely reads no messages. What Facebook does not tell is no fault. */
export async function checkToken(parts: TokenCheckParts, given: Secret): Promise<CheckedToken> {
  const { openCaller } = parts;
  const app = toApp(parts);
  const warnings: string[] = [];
  const asker = openCaller(app === undefined ? given : new Secret(`${app.id}|${app.secret.reveal()}`));
  const facts = await unlessRefused(inspectToken(asker, given), (reason) => {
    if (app !== undefined) warnings.push(`Facebook does not tell how long the token lives. ${reason}`);
  });
  if (facts?.isValid === false) return { token: given, facts, isExchanged: false, warnings };

  const scopes = facts?.scopes ?? (await unlessRefused(findPermissions(openCaller(given))));
  warnings.push(...checkScopes(scopes));
  if (app !== undefined && facts?.appId !== undefined && facts.appId !== app.id) {
    warnings.push(`The token belongs to the Meta app ${facts.appId}, not to the one of META_APP_ID, ${app.id}.`);
    return { token: given, facts, isExchanged: false, warnings: [...warnings, ...tellLife(facts)] };
  }
  if (!isShortLived(facts)) {
    return { token: given, facts, isExchanged: false, warnings: [...warnings, ...tellLife(facts)] };
  }
  const exchanged =
    app === undefined
      ? undefined
      : await unlessRefused(exchangeToken(asker, app, given), (reason) =>
          warnings.push(`The token could not be exchanged for one that lasts. ${reason}`),
        );
  if (exchanged === undefined) {
    return { token: given, facts, isExchanged: false, warnings: [...warnings, ...tellLife(facts)] };
  }
  return { token: exchanged, facts, isExchanged: true, warnings };
}

function toApp({ appId, appSecret }: TokenCheckParts): App | undefined {
  return appId === undefined || appSecret === undefined ? undefined : { id: appId, secret: appSecret };
}

/** Facebook may not want to answer; that it cannot be reached, or that the token is dead, is for the caller to meet. */
async function unlessRefused<T>(asked: Promise<T>, tell?: (reason: string) => void): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (!isGraphError(error) || error.code === 'GRAPH_UNREACHABLE' || error.code === 'THROTTLED') throw error;
    tell?.(toTidemarkError(error).message);
    return undefined;
  }
}

function checkScopes(scopes: ReadonlySet<string> | undefined): readonly string[] {
  if (scopes === undefined) return [];
  const missing = WANTED.filter((scope) => !scopes.has(scope));
  if (!READS_MESSAGES.some((scope) => scopes.has(scope))) {
    throw new TidemarkError(
      'PERMISSION_MISSING',
      'The token lacks pages_messaging, so no conversation can be read with it. It has: ' +
        `${[...scopes].toSorted().join(', ')}.`,
    );
  }
  return missing.length === 0
    ? []
    : [`The token lacks ${missing.join(' and ')}, which reading conversations may need.`];
}

function isShortLived(facts: TokenFacts | undefined): boolean {
  const { type, expiresAt, toldAt } = facts ?? {};
  return type === 'USER' && typeof expiresAt === 'number' && toldAt !== undefined && expiresAt - toldAt < SHORT_LIFE_MS;
}

/** The Page tokens of a long-lived user token never end; a short-lived one takes its Pages' tokens with it. */
function tellLife(facts: TokenFacts | undefined): readonly string[] {
  if (facts?.expiresAt === undefined || facts.toldAt === undefined) return [LIFE_UNKNOWN];
  const { type, expiresAt, dataAccessExpiresAt, toldAt } = facts;
  const lasts = expiresAt === 'never' || (type === 'USER' && expiresAt - toldAt >= SHORT_LIFE_MS);
  if (!lasts) {
    const cure =
      type === 'USER'
        ? 'Set META_APP_ID and META_APP_SECRET of its app, and connect again: Tidemark then exchanges it for one that lasts.'
        : 'Connect with a long-lived user token instead: the Page tokens that come with it do not end.';
    return [`The token ends at ${toMinute(expiresAt)}, and the Pages with it. ${cure}`];
  }
  if (typeof dataAccessExpiresAt !== 'number' || dataAccessExpiresAt - toldAt > 14 * DAY_MS) return [];
  return [`From ${toMinute(dataAccessExpiresAt)} on the app reads nothing more until the person logs in again.`];
}

function toMinute(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
