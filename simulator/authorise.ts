/**
 * Decides whether a request may be answered: its token, its `appsecret_proof`, the Page's tasks and the app's
 * permissions. Throws the refusal Facebook would give; never looks at the data itself.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  badProof,
  deadToken,
  mayNotInspect,
  missingObject,
  missingProof,
  needsMessagingPermission,
  needsMessagingTask,
  needsPageToken,
  needsPermission,
  noToken,
  unreadableToken,
} from './refusals.ts';
import type { Incoming } from './incoming.ts';
import type { Page, Platform } from './model.ts';
import type { Rules } from './options.ts';
import type { Target } from './targets.ts';
import type { Token } from './tokens.ts';
import type { World } from './world.ts';

export interface Caller {
  readonly token: Token;
  readonly value: string;
}

const INSTAGRAM_SCOPES = ['instagram_manage_messages', 'instagram_basic'] as const;
const PROOF_LIFETIME_SECONDS = 300;

/** The living token behind a request, its proof checked. */
export function identify(incoming: Incoming, world: World, rules: Rules): Caller {
  const { token: value } = incoming;
  if (value === undefined || value === '') throw noToken();
  const token = world.tokens.find(value);
  if (token === undefined) throw unreadableToken();
  const death = world.tokens.deathOf(value);
  if (death !== undefined) throw deadToken(death);
  checkProof({ incoming, value, world, required: rules.requireProof && token.kind !== 'app' });
  return { token, value };
}

/** Throws unless the caller may use this target. */
export function authorise(caller: Caller, target: Target, world: World): void {
  switch (target.kind) {
    case 'conversations':
      authoriseMessaging({ caller, page: target.page, platform: target.platform, id: target.page.id, world });
      break;
    case 'conversation':
    case 'messages':
    case 'message':
    case 'attachments': {
      const { page, conversation } = target;
      const id = 'message' in target ? target.message.id : conversation.id;
      authoriseMessaging({ caller, page, platform: conversation.platform, id, world });
      break;
    }
    case 'page':
      if (caller.token.page !== undefined && caller.token.page !== target.page) throw missingObject(target.page.id);
      if (!world.tokens.has('pages_read_engagement', target.page)) throw needsPermission(100, 'pages_read_engagement');
      break;
    case 'subscribed_apps':
      if (caller.token.page !== target.page) throw needsPageToken();
      if (!world.tokens.has('pages_manage_metadata', target.page)) throw needsPermission(200, 'pages_manage_metadata');
      break;
    case 'accounts':
      if (caller.token.kind === 'page') throw missingObject('me');
      if (!world.tokens.has('pages_show_list')) throw needsPermission(200, 'pages_show_list');
      break;
    case 'ids':
      if (target.page === undefined) throw needsPageToken();
      break;
    case 'debug_token':
      if (caller.token.kind === 'page') throw mayNotInspect();
      break;
    case 'me':
    case 'permissions':
    case 'oauth':
    case 'unknown':
      break;
  }
}

function authoriseMessaging(input: { caller: Caller; page: Page; platform: Platform; id: string; world: World }): void {
  const { caller, page, platform, id, world } = input;
  if (caller.token.page === undefined) throw needsPageToken();
  if (caller.token.page !== page) throw missingObject(id);
  if (!page.tasks.includes('MESSAGING') && !page.tasks.includes('MODERATE')) throw needsMessagingTask();
  if (platform === 'instagram') {
    for (const scope of INSTAGRAM_SCOPES) if (!world.tokens.has(scope, page)) throw needsPermission(10, scope);
  }
  if (platform === 'messenger' && !world.tokens.has('pages_messaging', page)) throw needsMessagingPermission();
}

/** Both forms are good: over the token alone, or over token and time while the time is fresh. */
function checkProof(input: { incoming: Incoming; value: string; world: World; required: boolean }): void {
  const { incoming, value, world, required } = input;
  const { appsecret_proof: proof, appsecret_time: time } = incoming.parameters;
  if (proof === undefined) {
    if (required) throw missingProof();
    return;
  }
  const signed = time === undefined ? value : `${value}|${time}`;
  const isFresh = time === undefined || Math.abs(world.now() / 1000 - Number(time)) <= PROOF_LIFETIME_SECONDS;
  const expected = createHmac('sha256', world.settings.appSecret).update(signed).digest('hex');
  const isEqual = proof.length === expected.length && timingSafeEqual(Buffer.from(proof), Buffer.from(expected));
  if (!isFresh || !isEqual) throw badProof();
}
