/**
 * The simulator's own doors under `/_simulator/`, for tests and programs in other processes. JSON in, JSON out; every
 * name and secret shown here is made up. A mistake is answered with status 400 and `{"error": "<sentence>"}`.
 *
 *   GET  state                      Pages (id, name, token, instagramId, tasks), user tokens, app id and secret, clock
 *   GET  truth?page=ID&platform=…   everything that Page really has, on one platform or on both
 *   GET  calls?page=ID              counters and violations (of one Page), and the last 1,000 calls
 *   POST calls/clear
 *   POST activity                   {pageId, platform?, newMessages?, newConversations?} → happenings
 *   POST message                    {pageId, conversationId? or platform?, …a wish for the message} → happening
 *   POST conversation               {pageId, platform?, odd?, messages?} → happening
 *   POST conversation/delete, conversation/restore, conversation/hide, conversation/mark-read,
 *        conversation/customer-reads, conversation/customer-receives      {conversationId}
 *   POST conversation/rename        {conversationId} → {conversationId}
 *   POST conversation/date          {conversationId, updatedAt: milliseconds}
 *   POST message/delete             {messageId}
 *   POST message/edit               {messageId, text}
 *   POST message/react              {messageId, reaction?}
 *   POST instagram/link, instagram/unlink        {pageId} → link answers {instagramId}
 *   POST faults                     {match?, times?, effect}
 *   POST faults/clear
 *   POST tokens/kill                {owner: Page id or "user", subcode?}
 *   POST tokens/renew               {owner} → {token}
 *   POST permissions/revoke, permissions/grant   {scope, pageId?}
 *   POST quotas                     {pool, pageId?, percent, blockedMs?}
 *   POST rules                      any of the rules or of their parts, e.g. {since: "honoured"} → all rules
 *   POST webhooks                   settings of deliveries; {} stops them
 *   POST webhooks/flush
 */
import type { ActivityWish, ConversationWish } from './activity.ts';
import type { CallLog } from './calls.ts';
import type { MessageWish } from './compose-message.ts';
import type { Fault, Faults } from './faults.ts';
import type { Platform } from './model.ts';
import type { Rules } from './options.ts';
import type { PoolFilling, Quotas } from './quotas.ts';
import type { DeadSubcode, Scope } from './tokens.ts';
import type { Webhooks, WebhookSettings } from './webhooks.ts';
import type { World } from './world.ts';

export interface Controlled {
  readonly world: World;
  readonly rules: Rules;
  readonly calls: CallLog;
  readonly faults: Faults;
  readonly quotas: Quotas;
  readonly webhooks: Webhooks;
}

export interface ControlRequest {
  readonly method: string;
  /** Path behind `/_simulator/`, e.g. `tokens/kill`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

const CALLS_SHOWN = 1000;

type Door = (controlled: Controlled, input: never, query: URLSearchParams) => unknown;

/** Doors trust the JSON they get: they are for tests, on the loopback address. */
const DOORS: Readonly<Record<string, Door>> = {
  'GET state': ({ world }) => ({
    startedAt: world.startedAt,
    now: world.now(),
    appId: world.settings.appId,
    appSecret: world.settings.appSecret,
    userId: world.userId,
    userToken: world.tokens.user,
    shortUserToken: world.tokens.shortUser,
    pages: world.pages.map(({ id, name, token, instagram, tasks, subscribedFields, timelines }) => ({
      id,
      name,
      token,
      instagramId: instagram?.id,
      tasks,
      subscribedFields,
      conversations: timelines.messenger.size,
      instagramConversations: timelines.instagram.size,
    })),
  }),
  'GET truth': ({ world }, _input, query) => world.truth(query.get('page') ?? '', toPlatform(query.get('platform'))),
  'GET calls': ({ calls }, _input, query) => {
    const pageId = query.get('page');
    const isShown = (entry: { readonly pageId: string | undefined }): boolean =>
      pageId === null || entry.pageId === pageId;
    return {
      counters: pageId === null ? calls.total : calls.ofPage(pageId),
      violations: calls.violations.filter(isShown),
      calls: calls.all.filter(isShown).slice(-CALLS_SHOWN),
    };
  },
  'POST calls/clear': ({ calls }) => calls.clear(),
  'POST activity': ({ world }, wish: ActivityWish) => world.activity(wish),
  'POST message': ({ world }, input: MessageWish & { pageId: string; conversationId?: string }) => {
    const { pageId, conversationId, ...wish } = input;
    return world.newMessage(pageId, conversationId, wish);
  },
  'POST conversation': ({ world }, { pageId, ...wish }: ConversationWish & { pageId: string }) =>
    world.newConversation(pageId, wish),
  'POST conversation/delete': ({ world }, input: Named) => world.deleteConversation(input.conversationId),
  'POST conversation/restore': ({ world }, input: Named) => world.restoreConversation(input.conversationId),
  'POST conversation/hide': ({ world }, input: Named) => world.hideConversation(input.conversationId),
  'POST conversation/rename': ({ world }, input: Named) => ({
    conversationId: world.renameConversation(input.conversationId),
  }),
  'POST conversation/date': ({ world }, input: Named & { updatedAt: number }) =>
    world.dateConversation(input.conversationId, input.updatedAt),
  'POST conversation/mark-read': ({ world }, input: Named) => world.markRead(input.conversationId),
  'POST conversation/customer-reads': ({ world }, input: Named) => world.customerReads(input.conversationId),
  'POST conversation/customer-receives': ({ world }, input: Named) => world.customerReceives(input.conversationId),
  'POST message/delete': ({ world }, { messageId }: NamedMessage) => world.deleteMessage(messageId),
  'POST message/edit': ({ world }, { messageId, text }: NamedMessage & { text: string }) =>
    world.editMessage(messageId, text),
  'POST message/react': ({ world }, { messageId, reaction }: NamedMessage & { reaction?: string }) =>
    world.react(messageId, reaction),
  'POST instagram/link': ({ world }, { pageId }: NamedPage) => ({ instagramId: world.linkInstagram(pageId) }),
  'POST instagram/unlink': ({ world }, { pageId }: NamedPage) => world.unlinkInstagram(pageId),
  'POST faults': ({ faults }, fault: Fault) => {
    faults.add(fault);
  },
  'POST faults/clear': ({ faults }) => faults.clear(),
  'POST tokens/kill': ({ world }, { owner, subcode }: { owner: string; subcode?: DeadSubcode }) =>
    world.killToken(owner, subcode),
  'POST tokens/renew': ({ world }, { owner }: { owner: string }) => ({ token: world.renewToken(owner) }),
  'POST permissions/revoke': ({ world }, { scope, pageId }: Permission) =>
    world.tokens.revoke(scope, pageId === undefined ? undefined : world.page(pageId)),
  'POST permissions/grant': ({ world }, { scope, pageId }: Permission) =>
    world.tokens.grant(scope, pageId === undefined ? undefined : world.page(pageId)),
  'POST quotas': ({ quotas }, filling: PoolFilling) => quotas.saturate(filling),
  'POST rules': ({ rules }, changes: RuleChanges) => changeRules(rules, changes),
  'POST webhooks': ({ webhooks }, settings: WebhookSettings | Record<string, never>) =>
    webhooks.configure(isConfigured(settings) ? settings : undefined),
  'POST webhooks/flush': ({ webhooks }) => webhooks.flush(),
};

type RuleChanges = { readonly [Name in keyof Rules]?: Partial<Rules[Name]> };

interface Named {
  readonly conversationId: string;
}

interface NamedPage {
  readonly pageId: string;
}

interface NamedMessage {
  readonly messageId: string;
}

interface Permission {
  readonly scope: Scope;
  readonly pageId?: string;
}

export async function control(
  controlled: Controlled,
  request: ControlRequest,
): Promise<{ readonly status: number; readonly body: string }> {
  const door = DOORS[`${request.method} ${request.path}`];
  if (door === undefined) {
    return reply(404, { error: `No such door; there are: ${Object.keys(DOORS).join(', ')}.` });
  }
  try {
    const input: unknown = request.body === '' ? {} : JSON.parse(request.body);
    return reply(200, (await door(controlled, input as never, request.query)) ?? { ok: true });
  } catch (error) {
    return reply(400, { error: error instanceof Error ? error.message : String(error) });
  }
}

function reply(status: number, value: unknown): { readonly status: number; readonly body: string } {
  return { status, body: JSON.stringify(value) };
}

/** What is not named stays, also inside of a rule that has parts. */
function changeRules(rules: Rules, changes: RuleChanges): Rules {
  const { readableMessages, instagram, latency, ...others } = changes;
  return Object.assign(rules, others, {
    readableMessages: { ...rules.readableMessages, ...readableMessages },
    instagram: { ...rules.instagram, ...instagram },
    latency: { ...rules.latency, ...latency },
  });
}

function toPlatform(text: string | null): Platform | undefined {
  if (text === null) return undefined;
  if (text === 'messenger' || text === 'instagram') return text;
  throw new Error(`There is no platform ${text}.`);
}

function isConfigured(settings: WebhookSettings | Record<string, never>): settings is WebhookSettings {
  return 'url' in settings;
}
