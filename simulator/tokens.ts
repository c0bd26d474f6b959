/**
 * Who may speak for whom: access tokens, how they die, and which permissions the app was granted. All of it is made
 * up; a token is only ever compared, never shown in a log.
 */
import { accessToken } from './ids.ts';
import { createRandom } from './random.ts';
import type { Page } from './model.ts';

export type Scope =
  | 'pages_show_list'
  | 'pages_messaging'
  | 'pages_manage_metadata'
  | 'pages_read_engagement'
  | 'instagram_basic'
  | 'instagram_manage_messages'
  | 'business_management';

export const SCOPES: readonly Scope[] = [
  'pages_show_list',
  'pages_messaging',
  'pages_manage_metadata',
  'pages_read_engagement',
  'instagram_basic',
  'instagram_manage_messages',
  'business_management',
];

export interface Token {
  readonly kind: 'user' | 'short-user' | 'page' | 'app';
  readonly page: Page | undefined;
  readonly issuedAt: number;
  /** Undefined: never. */
  readonly expiresAt: number | undefined;
}

/** 458 app removed, 459 checkpoint, 460 password changed, 463 expired, 464 unconfirmed, 467 invalid, 492 session. */
export type DeadSubcode = 458 | 459 | 460 | 463 | 464 | 467 | 492;

export interface Tokens {
  /** The long-lived token of the person who runs every Page. */
  readonly user: string;
  /** Good for one hour, to be exchanged for the long-lived one. */
  readonly shortUser: string;
  /** `{app id}|{app secret}`. */
  readonly app: string;
  find(value: string): Token | undefined;
  /** Why the token is dead; undefined while it lives. */
  deathOf(value: string): DeadSubcode | undefined;
  kill(owner: Page | 'user', subcode: DeadSubcode): void;
  /** A new living token for the owner; the old one stays as it is. */
  renew(owner: Page | 'user'): string;
  /** Takes a permission from one Page, or from all when none is named. */
  revoke(scope: Scope, page?: Page): void;
  grant(scope: Scope, page?: Page): void;
  has(scope: Scope, page?: Page): boolean;
  /** Narrows a permission down to the Pages that the person has chosen; undefined: all. */
  choose(scope: Scope, pages: readonly Page[] | undefined): void;
  /** Undefined: all. */
  chosen(scope: Scope): readonly Page[] | undefined;
}

const HOUR_MS = 3_600_000;
const SIXTY_DAYS_MS = 60 * 24 * HOUR_MS;

export function createTokens(input: {
  readonly seed: number;
  readonly pages: readonly Page[];
  readonly appId: string;
  readonly appSecret: string;
  readonly now: () => number;
}): Tokens {
  const { pages, now } = input;
  const random = createRandom(input.seed, 'tokens');
  const known = new Map<string, Token>();
  const dead = new Map<string, DeadSubcode>();
  const revoked = new Set<string>();
  const choices = new Map<Scope, readonly Page[]>();
  const revokedKey = (scope: Scope, page: Page | undefined): string => `${scope} ${page?.id ?? 'everywhere'}`;

  const issue = (value: string, token: Omit<Token, 'issuedAt'>): string => {
    known.set(value, { ...token, issuedAt: now() });
    return value;
  };
  const issueUser = (): string =>
    issue(accessToken(random), { kind: 'user', page: undefined, expiresAt: now() + SIXTY_DAYS_MS });

  for (const page of pages) issue(page.token, { kind: 'page', page, expiresAt: undefined });
  const app = issue(`${input.appId}|${input.appSecret}`, { kind: 'app', page: undefined, expiresAt: undefined });
  const shortUser = issue(accessToken(random), { kind: 'short-user', page: undefined, expiresAt: now() + HOUR_MS });
  let user = issueUser();

  return {
    get user() {
      return user;
    },
    shortUser,
    app,
    find: (value) => known.get(value),
    deathOf(value) {
      const expiresAt = known.get(value)?.expiresAt;
      return dead.get(value) ?? (expiresAt !== undefined && expiresAt <= now() ? 463 : undefined);
    },
    kill(owner, subcode) {
      dead.set(owner === 'user' ? user : owner.token, subcode);
    },
    renew(owner) {
      if (owner === 'user') {
        user = issueUser();
        return user;
      }
      owner.token = issue(accessToken(random), { kind: 'page', page: owner, expiresAt: undefined });
      return owner.token;
    },
    revoke(scope, page) {
      revoked.add(revokedKey(scope, page));
    },
    grant(scope, page) {
      revoked.delete(revokedKey(scope, page));
    },
    choose(scope, chosen) {
      if (chosen === undefined) choices.delete(scope);
      else choices.set(scope, chosen);
    },
    chosen: (scope) => choices.get(scope),
    has: (scope, page) =>
      !revoked.has(revokedKey(scope, undefined)) && !(page !== undefined && revoked.has(revokedKey(scope, page))),
  };
}
