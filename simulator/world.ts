/**
 * The world as a whole: its Pages, its clock, what happens in it and the truth about it. It knows nothing of HTTP and
 * nothing of how an answer looks.
 */
import { createActivity } from './activity.ts';
import { generatePages } from './generate.ts';
import { placeOfInstagramMessage, placeOfMessengerMessage } from './ids.ts';
import { messageOffset, newestMessages } from './messages.ts';
import { createRandom } from './random.ts';
import { createTokens } from './tokens.ts';
import { pageTruth } from './truth.ts';
import type { Activity } from './activity.ts';
import type { Call } from './calls.ts';
import type { Origin } from './compose-message.ts';
import type { Ground, WorldEvent } from './ground.ts';
import type { Conversation, Page, Platform } from './model.ts';
import type { Rules, WorldSettings } from './options.ts';
import type { DeadSubcode } from './tokens.ts';
import type { PageTruth } from './truth.ts';

export interface World extends Ground, Activity {
  /** Everything a Page really has, in the simulator's own words; of both platforms, unless one is named. */
  truth(pageId: string, platform?: Platform): PageTruth;
  /** Lets the token of a Page, or the person's (`'user'`), die: error 190 with this subcode from now on. */
  killToken(owner: string, subcode?: DeadSubcode): void;
  /** Gives a Page, or the person, a new living token and returns it. */
  renewToken(owner: string): string;
  /** Runs at every call's arrival, before it is answered: the way to move things while somebody pages. */
  onCall(listener: (call: Call) => void | Promise<void>): () => void;
  callArrived(call: Call): Promise<void>;
  onEvent(listener: (event: WorldEvent) => void): () => void;
}

export function createWorld(settings: WorldSettings, rules: Rules): World {
  const { seed, now, oddShare } = settings;
  const startedAt = now();
  const origin: Origin = { seed, oddShare };
  const pages = generatePages(settings, startedAt);
  const pagesById = new Map(pages.map((page) => [page.id, page]));
  const everyConversation = pages.flatMap((page) => page.conversations);
  const conversationsById = new Map(everyConversation.map((conversation) => [conversation.id, conversation]));
  const eventListeners = new Set<(event: WorldEvent) => void>();
  const callListeners = new Set<(call: Call) => void | Promise<void>>();

  const ground: Ground = {
    settings,
    origin,
    startedAt,
    now,
    random: createRandom(seed, 'activity'),
    pages,
    tokens: createTokens({ seed, pages, appId: settings.appId, appSecret: settings.appSecret, now }),
    userId: createRandom(seed, 'user').text(15, '123456789'),
    conversationsById,
    page(pageId) {
      const page = pagesById.get(pageId);
      if (page === undefined) throw new Error(`This world has no Page ${pageId}.`);
      return page;
    },
    findConversation: (id) => conversationsById.get(id),
    findMessage(id) {
      const place = locate({ id, seed, pages, conversationsById });
      if (place === undefined || place.conversation.deleted) return undefined;
      const offset = messageOffset(place.conversation, place.ordinal);
      if (offset === undefined) return undefined;
      const [message] = newestMessages(origin, place.conversation, { offset, count: 1 });
      return message?.id === id ? { conversation: place.conversation, message } : undefined;
    },
    emit(event) {
      for (const listener of eventListeners) listener(event);
    },
  };
  const { tokens } = ground;
  const ownerOf = (owner: string): Page | 'user' => (owner === 'user' ? 'user' : ground.page(owner));

  return {
    ...ground,
    ...createActivity(ground),
    truth: (pageId, platform) => pageTruth({ ground, rules, pageId, platform }),
    killToken: (owner, subcode = 463) => tokens.kill(ownerOf(owner), subcode),
    renewToken: (owner) => tokens.renew(ownerOf(owner)),
    onCall(listener) {
      callListeners.add(listener);
      return () => callListeners.delete(listener);
    },
    async callArrived(call) {
      for (const listener of callListeners) await listener(call);
    },
    onEvent(listener) {
      eventListeners.add(listener);
      return () => eventListeners.delete(listener);
    },
  };
}

function locate(input: {
  id: string;
  seed: number;
  pages: readonly Page[];
  conversationsById: ReadonlyMap<string, Conversation>;
}): { conversation: Conversation; ordinal: number } | undefined {
  const messenger = placeOfMessengerMessage(input.id, input.seed);
  if (messenger !== undefined) {
    const conversation = input.pages[messenger.pageIndex]?.conversations[messenger.conversationIndex];
    return conversation && { conversation, ordinal: messenger.ordinal };
  }
  const instagram = placeOfInstagramMessage(input.id);
  if (instagram === undefined) return undefined;
  const conversation = input.conversationsById.get(instagram.conversationId);
  return conversation && { conversation, ordinal: instagram.ordinal };
}
