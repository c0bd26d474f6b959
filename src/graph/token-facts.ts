/**
 * What an access token may do and how long it lives, as Facebook tells. These are the only calls in whose address a
 * token has to stand, because Facebook takes it nowhere else; it is blotted out of whatever comes back.
 */
import { isGraphError } from '../core/errors.ts';
import type { Instant } from '../core/model.ts';
import { Secret } from '../lib/secret.ts';
import type { Send } from './call.ts';
import { isObject, type Maybe, toId } from './shapes.ts';

export interface TokenFacts {
  /** e.g. `USER`, `PAGE`, `SYSTEM_USER`. */
  readonly type: string | undefined;
  readonly appId: string | undefined;
  readonly isValid: boolean;
  /** When Facebook said all this, by its own clock; undefined when it does not tell. */
  readonly toldAt: Instant | undefined;
  /** `never`, or undefined when Facebook does not say. */
  readonly expiresAt: Instant | 'never' | undefined;
  /** When the person has to log in again for the app to go on reading. */
  readonly dataAccessExpiresAt: Instant | 'never' | undefined;
  /** Undefined when Facebook names none. */
  readonly scopes: ReadonlySet<string> | undefined;
  /** Pages for which messaging was granted; undefined when it was not narrowed down to some. */
  readonly messagingPages: ReadonlySet<string> | undefined;
}

const SUBJECT = 'what the access token may do';

/** Asks with the app's token, or with the token itself, which Facebook answers to those who work on the app. */
export async function inspectToken(send: Send, token: Secret): Promise<TokenFacts | undefined> {
  const { body, servedAt } = await send({
    kind: 'token',
    path: ['debug_token'],
    params: { input_token: token.reveal() },
    secrets: [token],
    subject: SUBJECT,
  });
  const data = isObject(body) ? body['data'] : undefined;
  if (!isObject(data)) return undefined;
  const granular = Array.isArray(data['granular_scopes']) ? data['granular_scopes'] : [];
  return {
    type: typeof data['type'] === 'string' ? data['type'] : undefined,
    appId: toId(data['app_id']),
    isValid: data['is_valid'] !== false,
    toldAt: servedAt,
    expiresAt: toInstant(data['expires_at']),
    dataAccessExpiresAt: toInstant(data['data_access_expires_at']),
    scopes: toNames(data['scopes']),
    messagingPages: toTargets(granular.find((one) => isObject(one) && one['scope'] === 'pages_messaging')),
  };
}

/** The permissions that a person has granted; undefined for a token that is no person's. */
export async function findPermissions(send: Send): Promise<ReadonlySet<string> | undefined> {
  try {
    const { body } = await send({ kind: 'token', path: ['me', 'permissions'], params: {}, subject: SUBJECT });
    const list = isObject(body) && Array.isArray(body['data']) ? body['data'] : [];
    return toNames(
      list.flatMap((one) => (isObject(one) && one['status'] === 'granted' ? (one['permission'] ?? []) : [])),
    );
  } catch (error) {
    if (isGraphError(error, 'invalid') || isGraphError(error, 'missing') || isGraphError(error, 'permission'))
      return undefined;
    throw error;
  }
}

export interface App {
  readonly id: string;
  readonly secret: Secret;
}

/** The long-lived token of the same person. Never ask with a Page's token: Facebook then answers "retry later" for ever. */
export async function exchangeToken(send: Send, { id, secret }: App, token: Secret): Promise<Secret | undefined> {
  const { body } = await send({
    kind: 'token',
    path: ['oauth', 'access_token'],
    params: {
      grant_type: 'fb_exchange_token',
      client_id: id,
      client_secret: secret.reveal(),
      fb_exchange_token: token.reveal(),
    },
    secrets: [token, secret],
    subject: 'a long-lived access token',
  });
  const value = isObject(body) ? body['access_token'] : undefined;
  return typeof value === 'string' && value !== '' ? new Secret(value) : undefined;
}

/** Unix seconds; 0 is never. */
function toInstant(value: Maybe): Instant | 'never' | undefined {
  if (typeof value !== 'number' || value < 0) return undefined;
  return value === 0 ? 'never' : value * 1000;
}

function toNames(value: Maybe): ReadonlySet<string> | undefined {
  const names = Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
  return names.length === 0 ? undefined : new Set(names);
}

function toTargets(scope: Maybe): ReadonlySet<string> | undefined {
  const ids = isObject(scope) && Array.isArray(scope['target_ids']) ? scope['target_ids'] : [];
  const targets = ids.flatMap((id) => toId(id) ?? []);
  return targets.length === 0 ? undefined : new Set(targets);
}
