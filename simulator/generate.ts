/**
 * Makes the Pages and conversations with which a world begins. Everything follows from the seed; conversations carry
 * only what a list of them shows, their messages are written when somebody reads them.
 */
import { accessToken, instagramConversationId, numericId } from './ids.ts';
import { CONVERSATION_ODDITIES, drawOddity } from './oddities.ts';
import { CATEGORIES, FIRST_NAMES, LAST_NAMES } from './phrases.ts';
import { createRandom } from './random.ts';
import { createTimeline } from './timeline.ts';
import type { Conversation, ConversationOddity, Page, Person, Platform } from './model.ts';
import type { MessagesPerConversation, WorldSettings } from './options.ts';
import type { Random } from './random.ts';

const HOUR_MS = 3_600_000;
const YOUNGEST_MS = HOUR_MS;
const OLDEST_MS = 90 * 24 * HOUR_MS;

const ALL_TASKS = ['ANALYZE', 'ADVERTISE', 'MESSAGING', 'MODERATE', 'CREATE_CONTENT', 'MANAGE'] as const;

/** All Pages of the world with all their conversations. */
export function generatePages(settings: WorldSettings, startedAt: number): Page[] {
  const pages: Page[] = [];
  for (let index = 0; index < settings.pages; index += 1) pages.push(generatePage(settings, startedAt, index));
  return pages;
}

/** A conversation that did not exist before; it has no messages yet. */
export function generateConversation(input: {
  readonly seed: number;
  readonly page: Page;
  readonly platform: Platform;
  readonly bornMessages: number;
  readonly updatedAt: (random: Random) => number;
  readonly oddity: (random: Random) => ConversationOddity | undefined;
}): Conversation {
  const { seed, page, platform, bornMessages } = input;
  const index = page.conversations.length;
  const random = createRandom(seed, 'conversation', page.index, index);
  const account = platform === 'instagram' ? page.instagram : page.self;
  if (account === undefined) throw new Error(`Page ${page.id} has no Instagram account.`);
  const oddity = input.oddity(random);
  const updatedAt = input.updatedAt(random);
  const conversation: Conversation = {
    id: conversationId({ page, platform, account, index, random, long: oddity === 'long-id' }),
    index,
    page,
    platform,
    customer: generateCustomer(random, platform, oddity),
    account,
    oddity,
    inboxNumber: numericId(random, 16),
    bornMessages,
    bornUpdatedAt: updatedAt,
    revision: 0,
    updatedAt,
    unreadCount: random.chance(0.2) ? Math.min(bornMessages, random.int(1, 3)) : 0,
    messages: undefined,
    deletedMessages: [],
    nextOrdinal: bornMessages,
    deleted: false,
  };
  page.conversations.push(conversation);
  page.conversationsByCustomer.set(conversation.customer.id, conversation);
  return conversation;
}

function generatePage(settings: WorldSettings, startedAt: number, index: number): Page {
  const random = createRandom(settings.seed, 'page', index);
  const mayMessage = index < settings.pages - settings.pagesWithoutMessaging;
  const hasInstagram = index < settings.instagramPages;
  const id = numericId(random, 15);
  const name = `Page ${index + 1}`;
  const page: Page = {
    id,
    index,
    name,
    category: random.pick(CATEGORIES),
    self: { id, name },
    instagram: hasInstagram ? generateInstagramAccount(random, index) : undefined,
    timelines: { messenger: createTimeline(), instagram: createTimeline() },
    conversations: [],
    conversationsByCustomer: new Map(),
    tasks: ALL_TASKS.filter((task) => mayMessage || (task !== 'MESSAGING' && task !== 'MODERATE')),
    token: accessToken(random),
    subscribedFields: undefined,
    listingFails: false,
  };
  const counts = { messenger: settings.conversations, instagram: hasInstagram ? settings.instagramConversations : 0 };
  for (const platform of ['messenger', 'instagram'] as const) {
    const born = bornConversations({ settings, startedAt, page, platform, count: counts[platform] });
    page.timelines[platform].addAll(born);
  }
  return page;
}

/** An account for the Page with this index. */
export function generateInstagramAccount(random: Random, pageIndex: number): Person {
  return { id: `178414${numericId(random, 11)}`, name: `page.${pageIndex + 1}.shop` };
}

function bornConversations(input: {
  settings: WorldSettings;
  startedAt: number;
  page: Page;
  platform: Platform;
  count: number;
}): Conversation[] {
  const { settings, startedAt, page, platform } = input;
  const counts = createRandom(settings.seed, 'message-counts', page.index, platform);
  return Array.from({ length: input.count }, () =>
    generateConversation({
      seed: settings.seed,
      page,
      platform,
      bornMessages: drawMessageCount(counts, settings.messagesPerConversation),
      updatedAt: (random) => startedAt - YOUNGEST_MS - Math.floor(random.next() * (OLDEST_MS - YOUNGEST_MS)),
      oddity: (random) => drawOddity(random, CONVERSATION_ODDITIES, settings.oddShare),
    }),
  );
}

/** Bends an even draw so that short conversations are common and the mean comes out as asked. */
function drawMessageCount(random: Random, { min, max, mean }: MessagesPerConversation): number {
  const span = max - min + 1;
  const bend = Math.max(0, span / Math.max(0.5, mean - min + 0.5) - 1);
  return min + Math.floor(span * random.next() ** bend);
}

function conversationId(input: {
  page: Page;
  platform: Platform;
  account: Person;
  index: number;
  random: Random;
  long: boolean;
}): string {
  const { page, platform, account, index, random, long } = input;
  if (platform === 'instagram') {
    // The Page's and the conversation's place keep the thread number unique.
    const unique = String(page.index * 1_000_000 + index).padStart(12, '0');
    return instagramConversationId(account.id, `340282366841710${numericId(random, long ? 100 : 12)}${unique}`);
  }
  return messengerConversationId({ page, index, random, long });
}

export function messengerConversationId(input: { page: Page; index: number; random: Random; long: boolean }): string {
  const { page, index, random, long } = input;
  const unique = String(page.index * 100_000 + index).padStart(7, '0');
  return `t_${numericId(random, long ? 180 : 8)}${unique}`;
}

function generateCustomer(random: Random, platform: Platform, oddity: ConversationOddity | undefined): Person {
  const id = numericId(random, 16);
  const first = random.pick(FIRST_NAMES);
  const last = random.pick(LAST_NAMES);
  if (oddity === 'no-name') return { id, name: undefined };
  return { id, name: platform === 'instagram' ? `user.${id.slice(0, 7)}` : `${first} ${last}` };
}
