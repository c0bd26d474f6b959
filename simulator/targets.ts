/**
 * Finds out what a request asks for: which kind of call it is and which Page, conversation or message it is about.
 * Decides nothing about permission, and never throws: what is not there becomes `unknown`.
 */
import { isInstagramId } from './ids.ts';
import type { CallKind } from './calls.ts';
import type { Incoming } from './incoming.ts';
import type { Conversation, Message, Page, Platform } from './model.ts';
import type { World } from './world.ts';

export type Target =
  | { readonly kind: 'page' | 'subscribed_apps'; readonly page: Page }
  | { readonly kind: 'conversations'; readonly page: Page; readonly platform: Platform }
  | { readonly kind: 'conversation' | 'messages'; readonly page: Page; readonly conversation: Conversation }
  | {
      readonly kind: 'message' | 'attachments';
      readonly page: Page;
      readonly conversation: Conversation;
      readonly message: Message;
    }
  | {
      readonly kind: 'ids';
      readonly ids: readonly string[];
      readonly page: Page | undefined;
      readonly platform: Platform;
    }
  | { readonly kind: 'me' | 'accounts' | 'permissions' | 'debug_token' | 'oauth' }
  /** `rest` is set when the object exists and its edge does not. */
  | { readonly kind: 'unknown'; readonly id: string; readonly rest: string | undefined };

export function findTarget(incoming: Incoming, world: World): Target {
  const [head, edge, ...rest] = incoming.segments;
  if (head === undefined) return findRootTarget(incoming, world);
  if (head === 'debug_token' && edge === undefined) return { kind: 'debug_token' };
  if (head === 'oauth' && edge === 'access_token') return { kind: 'oauth' };
  const tail = [edge, ...rest].join('/');
  const speaker = incoming.token === undefined ? undefined : world.tokens.find(incoming.token);
  const isPerson = head === world.userId || (head === 'me' && speaker?.page === undefined);
  if (isPerson) {
    if (edge === undefined) return { kind: 'me' };
    const isEdge = rest.length === 0 && (edge === 'accounts' || edge === 'permissions');
    return isEdge ? { kind: edge } : { kind: 'unknown', id: head, rest: tail };
  }
  const target = findObject({ id: head === 'me' ? (speaker?.page?.id ?? head) : head, edge, incoming, world });
  if (target === undefined) return { kind: 'unknown', id: head, rest: undefined };
  return rest.length > 0 ? { kind: 'unknown', id: head, rest: tail } : target;
}

/** What the call log says of a target. */
export function describeTarget(target: Target): {
  readonly kind: CallKind;
  readonly pageId: string | undefined;
  readonly objectId: string | undefined;
  readonly platform: Platform | undefined;
  readonly units: number;
} {
  const nothing = { kind: target.kind, pageId: undefined, objectId: undefined, platform: undefined, units: 1 };
  switch (target.kind) {
    case 'page':
    case 'subscribed_apps':
      return { ...nothing, pageId: target.page.id };
    case 'conversations':
      return { ...nothing, pageId: target.page.id, platform: target.platform };
    case 'conversation':
    case 'messages': {
      const { conversation } = target;
      return { ...nothing, pageId: target.page.id, objectId: conversation.id, platform: conversation.platform };
    }
    case 'message':
    case 'attachments': {
      const { conversation, message } = target;
      return { ...nothing, pageId: target.page.id, objectId: message.id, platform: conversation.platform };
    }
    case 'ids':
      return {
        ...nothing,
        pageId: target.page?.id,
        platform: target.page && target.platform,
        units: target.ids.length,
      };
    case 'me':
    case 'accounts':
    case 'permissions':
    case 'debug_token':
    case 'oauth':
    case 'unknown':
      return nothing;
  }
}

function findRootTarget(incoming: Incoming, world: World): Target {
  const ids = (incoming.parameters['ids'] ?? '').split(',').filter(Boolean);
  if (ids.length === 0) return { kind: 'unknown', id: '', rest: undefined };
  const speaker = incoming.token === undefined ? undefined : world.tokens.find(incoming.token);
  return { kind: 'ids', ids, page: speaker?.page, platform: isOfInstagram(ids) ? 'instagram' : 'messenger' };
}

/** Ids of several platforms in one call are metered as Messenger's. */
function isOfInstagram(ids: readonly string[]): boolean {
  return ids.every((id) => isInstagramId(id));
}

function findObject(input: {
  id: string;
  edge: string | undefined;
  incoming: Incoming;
  world: World;
}): Target | undefined {
  const { id, edge, incoming, world } = input;
  const missingEdge: Target | undefined = edge === undefined ? undefined : { kind: 'unknown', id, rest: edge };
  const page = world.pages.find((candidate) => candidate.id === id);
  if (page !== undefined) {
    if (edge === undefined) return { kind: 'page', page };
    if (edge === 'subscribed_apps') return { kind: 'subscribed_apps', page };
    const isList = edge === 'conversations' || edge === 'threads';
    return isList ? { kind: 'conversations', page, platform: readPlatform(incoming) } : missingEdge;
  }
  const conversation = world.findConversation(id);
  if (conversation !== undefined && isReachable(conversation)) {
    const place = { page: conversation.page, conversation };
    if (edge === undefined) return { kind: 'conversation', ...place };
    return edge === 'messages' ? { kind: 'messages', ...place } : missingEdge;
  }
  const found = world.findMessage(id);
  if (found === undefined || !isReachable(found.conversation)) return undefined;
  const place = { page: found.conversation.page, ...found };
  if (edge === undefined) return { kind: 'message', ...place };
  return edge === 'attachments' ? { kind: 'attachments', ...place } : missingEdge;
}

/** Without its account nothing of Instagram can be reached. */
function isReachable({ deleted, platform, page }: Conversation): boolean {
  return !deleted && (platform === 'messenger' || page.instagram !== undefined);
}

function readPlatform(incoming: Incoming): Platform {
  return incoming.parameters['platform']?.toLowerCase() === 'instagram' ? 'instagram' : 'messenger';
}
