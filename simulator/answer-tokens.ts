/** Answers questions about tokens: what one is worth, and the exchange of a short-lived one. */
import { answerOf } from './answer.ts';
import { Refusal, deadToken, invalidParameter, temporarilyUnavailable, unreadableToken } from './refusals.ts';
import { SCOPES } from './tokens.ts';
import type { Answer } from './answer.ts';
import type { Incoming } from './incoming.ts';
import type { World } from './world.ts';

const SIXTY_DAYS_SECONDS = 5_183_944;
const NINETY_DAYS_MS = 90 * 24 * 3_600_000;

/** A dead or unknown token is no error here: the answer says so inside `data`. */
export function answerDebugToken(incoming: Incoming, world: World): Answer {
  const value = incoming.parameters['input_token'];
  if (value === undefined) throw invalidParameter('The parameter input_token is required');
  const token = world.tokens.find(value);
  if (token === undefined) {
    const { message } = unreadableToken();
    return answerOf({ data: { error: { code: 190, message }, is_valid: false, scopes: [] } });
  }
  const death = world.tokens.deathOf(value);
  const scopes = SCOPES.filter((scope) => world.tokens.has(scope, token.page));
  return answerOf({
    data: {
      app_id: world.settings.appId,
      type: token.kind === 'page' ? 'PAGE' : token.kind === 'app' ? 'APP' : 'USER',
      application: 'Simulated App',
      data_access_expires_at: Math.floor((token.issuedAt + NINETY_DAYS_MS) / 1000),
      ...(death === undefined ? {} : { error: { code: 190, message: deadToken(death).message, subcode: death } }),
      expires_at: token.expiresAt === undefined ? 0 : Math.floor(token.expiresAt / 1000),
      is_valid: death === undefined,
      issued_at: Math.floor(token.issuedAt / 1000),
      scopes,
      granular_scopes: scopes.map((scope) => {
        const chosen = world.tokens.chosen(scope);
        return chosen === undefined ? { scope } : { scope, target_ids: chosen.map(({ id }) => id) };
      }),
      user_id: world.userId,
      ...(token.page === undefined ? {} : { profile_id: token.page.id }),
    },
  });
}

/** What the person has granted to the app, and what not. */
export function answerPermissions(world: World): Answer {
  const data = SCOPES.map((scope) => ({ permission: scope, status: world.tokens.has(scope) ? 'granted' : 'declined' }));
  return answerOf({ data });
}

/** `fb_exchange_token` only. A Page token is answered with "retry later", for ever. */
export function answerExchange(incoming: Incoming, world: World): Answer {
  const { grant_type: grant, client_id: id, client_secret: secret, fb_exchange_token: value } = incoming.parameters;
  if (grant !== 'fb_exchange_token') throw invalidParameter('Invalid grant_type');
  if (id !== world.settings.appId) throw new Refusal({ code: 101, message: 'Error validating application.' });
  if (secret !== world.settings.appSecret) {
    throw new Refusal({ code: 1, status: 400, message: 'Error validating client secret.' });
  }
  const token = value === undefined ? undefined : world.tokens.find(value);
  if (value === undefined || token === undefined) throw unreadableToken();
  const death = world.tokens.deathOf(value);
  if (death !== undefined) throw deadToken(death);
  if (token.kind === 'page') throw temporarilyUnavailable();
  return answerOf({ access_token: world.tokens.user, token_type: 'bearer', expires_in: SIXTY_DAYS_SECONDS });
}
