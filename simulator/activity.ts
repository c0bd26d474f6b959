/**
 * What can happen in the world after it began: people write, edit, unsend, react and read, threads appear and vanish.
 * Every change goes through here, so that order, counters and webhooks never disagree.
 */
import { composeWishedMessage, specialty } from './compose-message.ts';
import { generateConversation, generateInstagramAccount, messengerConversationId } from './generate.ts';
import { materialise } from './messages.ts';
import { createRandom } from './random.ts';
import type { MessageWish } from './compose-message.ts';
import type { Ground } from './ground.ts';
import type { Conversation, ConversationOddity, Message, Page, Person, Platform } from './model.ts';
import type { Random } from './random.ts';

/** Where something happened; plain data that can travel as JSON. */
export interface Happening {
  readonly pageId: string;
  readonly conversationId: string;
  readonly messageId: string;
  /** Milliseconds. */
  readonly createdAt: number;
}

export interface ConversationWish {
  /** Default messenger. */
  readonly platform?: Platform;
  readonly odd?: ConversationOddity;
  /** Its messages, oldest first; default: one text. */
  readonly messages?: readonly MessageWish[];
}

export interface ActivityWish {
  readonly pageId: string;
  /** Default messenger. */
  readonly platform?: Platform;
  /** Each in another conversation, as long as there are enough. Default 0. */
  readonly newMessages?: number;
  /** Default 0. */
  readonly newConversations?: number;
}

export interface Activity {
  /** A new message; in a seeded conversation of the Page and platform when none is named. */
  newMessage(pageId: string, conversationId?: string, wish?: MessageWish): Happening;
  /** A new thread. Answers where its newest message is. */
  newConversation(pageId: string, wish?: ConversationWish): Happening;
  deleteConversation(conversationId: string): void;
  restoreConversation(conversationId: string): void;
  /** Moves a thread where lists do not show it, such as another folder; by its id it is still there. */
  hideConversation(conversationId: string): void;
  /** A Messenger thread goes on under another id, which is answered; its messages keep theirs. */
  renameConversation(conversationId: string): string;
  /** Facebook dates a thread wrongly, or rightly again; the list shows it where its date puts it. */
  dateConversation(conversationId: string, updatedAt: number): void;
  /** Unsends a message. Neither order nor `updatedAt` of its conversation move. */
  deleteMessage(messageId: string): void;
  editMessage(messageId: string, text: string): void;
  /** The other side reacts to a message; undefined takes the reaction back. */
  react(messageId: string, reaction: string | undefined): void;
  /** The Page reads a thread: nothing unread, and `updatedAt` stays. */
  markRead(conversationId: string): void;
  /** The customer has read everything up to now. */
  customerReads(conversationId: string): void;
  /** Everything the Page sent has reached the customer. */
  customerReceives(conversationId: string): void;
  /** Gives a Page an Instagram account, its earlier one if it had one; answers the account's id. */
  linkInstagram(pageId: string): string;
  /** Takes it away. People can go on writing; the API shows nothing of it until it is linked again. */
  unlinkInstagram(pageId: string): void;
  /** Seeded traffic: messages to distinct known conversations, then new conversations. Oldest happening first. */
  activity(wish: ActivityWish): Happening[];
}

export function createActivity(ground: Ground): Activity {
  const { origin, random, now } = ground;
  const unlinked = new Map<Page, Person>();
  const streamFor = ({ index }: Page): Random => createRandom(origin.seed, 'instagram', index);

  const living = (conversationId: string): Conversation => {
    const conversation = ground.findConversation(conversationId);
    if (conversation === undefined || conversation.deleted) {
      throw new Error(`This world has no conversation ${conversationId}.`);
    }
    return conversation;
  };

  const existing = (messageId: string): { conversation: Conversation; message: Message } => {
    const found = ground.findMessage(messageId);
    if (found === undefined) throw new Error(`This world has no message ${messageId}.`);
    return found;
  };

  /** Replaces a message by what `change` makes of it; undefined removes it. */
  const rewrite = (messageId: string, change: (message: Message) => Message | undefined): Message => {
    const { conversation, message } = existing(messageId);
    const messages = materialise(origin, conversation);
    const at = messages.findIndex(({ ordinal }) => ordinal === message.ordinal);
    const changed = change(message);
    messages.splice(at, 1, ...(changed === undefined ? [] : [changed]));
    conversation.revision += 1;
    return changed ?? message;
  };

  const append = (conversation: Conversation, wish: MessageWish): Happening => {
    const messages = materialise(origin, conversation);
    const createdAt = wish.createdAt ?? now();
    const ordinal = conversation.nextOrdinal;
    const message = composeWishedMessage({ origin, conversation, ordinal, createdAt }, wish);
    conversation.nextOrdinal += 1;
    messages.splice(messages.findLastIndex((other) => other.createdAt <= createdAt) + 1, 0, message);
    touch(conversation, createdAt);
    conversation.revision += 1;
    conversation.unreadCount = message.sentByPage ? 0 : conversation.unreadCount + 1;
    ground.emit({ kind: 'message', conversation, message });
    return { pageId: conversation.page.id, conversationId: conversation.id, messageId: message.id, createdAt };
  };

  const newestSentId = (conversation: Conversation): string | undefined =>
    materialise(origin, conversation).findLast(({ sentByPage }) => sentByPage)?.id;

  const open = (page: Page, wish: ConversationWish): Happening => {
    const wishes = wish.messages ?? [{}];
    const [first, ...others] = wishes;
    if (first === undefined) throw new Error('A new conversation needs at least one message.');
    const conversation = generateConversation({
      seed: origin.seed,
      page,
      platform: wish.platform ?? 'messenger',
      bornMessages: 0,
      updatedAt: () => first.createdAt ?? now(),
      oddity: () => wish.odd,
    });
    ground.conversationsById.set(conversation.id, conversation);
    page.timelines[conversation.platform].add(conversation);
    let happening = append(conversation, first);
    for (const next of others) happening = append(conversation, next);
    return happening;
  };

  const randomWish = (platform: Platform): MessageWish => {
    const draw = random.next();
    const from = random.chance(0.3) ? 'page' : 'customer';
    if (draw < 0.06) return { from, attachments: ['image'] };
    return draw < 0.1 ? { from, ...specialty(platform, (draw - 0.06) / 0.04) } : { from };
  };

  return {
    newMessage(pageId, conversationId, wish = {}) {
      const timeline = ground.page(pageId).timelines[wish.platform ?? 'messenger'];
      const chosen = conversationId === undefined ? timeline.at(random.int(0, timeline.size - 1))?.id : conversationId;
      if (chosen === undefined) throw new Error(`Page ${pageId} has no conversation to write in.`);
      const conversation = living(chosen);
      if (conversation.page.id !== pageId) throw new Error(`Conversation ${chosen} is not one of Page ${pageId}.`);
      return append(conversation, wish);
    },
    newConversation: (pageId, wish = {}) => open(ground.page(pageId), wish),
    deleteConversation(conversationId) {
      const conversation = living(conversationId);
      conversation.page.timelines[conversation.platform].remove(conversation);
      conversation.deleted = true;
    },
    restoreConversation(conversationId) {
      const conversation = ground.findConversation(conversationId);
      if (conversation?.deleted !== true) throw new Error(`Conversation ${conversationId} is not deleted.`);
      conversation.deleted = false;
      conversation.page.timelines[conversation.platform].add(conversation);
    },
    hideConversation(conversationId) {
      const conversation = living(conversationId);
      conversation.page.timelines[conversation.platform].remove(conversation);
    },
    renameConversation(conversationId) {
      const conversation = living(conversationId);
      if (conversation.platform !== 'messenger') throw new Error('Only threads of Messenger get another id.');
      ground.conversationsById.delete(conversationId);
      const { page, index } = conversation;
      conversation.id = messengerConversationId({ page, index, random, long: false });
      conversation.revision += 1;
      ground.conversationsById.set(conversation.id, conversation);
      return conversation.id;
    },
    dateConversation(conversationId, updatedAt) {
      const conversation = living(conversationId);
      const timeline = conversation.page.timelines[conversation.platform];
      timeline.remove(conversation);
      conversation.updatedAt = updatedAt;
      conversation.revision += 1;
      timeline.add(conversation);
    },
    deleteMessage(messageId) {
      const { conversation } = existing(messageId);
      const message = rewrite(messageId, () => undefined);
      conversation.deletedMessages.push(message);
      ground.emit({ kind: 'unsend', conversation, message });
    },
    editMessage(messageId, text) {
      const { conversation } = existing(messageId);
      const message = rewrite(messageId, (old) => ({
        ...old,
        text,
        writtenText: old.numberOfEdits === 0 ? old.text : old.writtenText,
        numberOfEdits: old.numberOfEdits + 1,
      }));
      ground.emit({ kind: 'edit', conversation, message });
    },
    react(messageId, reaction) {
      const { conversation, message: target } = existing(messageId);
      const person = target.sentByPage ? conversation.customer : conversation.account;
      const reactions = reaction === undefined ? [] : [{ reaction, person }];
      const message = rewrite(messageId, (old) => ({ ...old, reactions }));
      ground.emit({ kind: 'reaction', conversation, message, person, reaction });
    },
    markRead(conversationId) {
      const conversation = living(conversationId);
      conversation.unreadCount = 0;
      conversation.revision += 1;
    },
    customerReads(conversationId) {
      const conversation = living(conversationId);
      ground.emit({ kind: 'read', conversation, readAt: now(), newestId: newestSentId(conversation) });
    },
    customerReceives(conversationId) {
      const conversation = living(conversationId);
      const newestId = newestSentId(conversation);
      const messageIds = newestId === undefined ? [] : [newestId];
      ground.emit({ kind: 'delivery', conversation, deliveredAt: now(), messageIds });
    },
    linkInstagram(pageId) {
      const page = ground.page(pageId);
      page.instagram ??= unlinked.get(page) ?? generateInstagramAccount(streamFor(page), page.index);
      return page.instagram.id;
    },
    unlinkInstagram(pageId) {
      const page = ground.page(pageId);
      if (page.instagram !== undefined) unlinked.set(page, page.instagram);
      page.instagram = undefined;
    },
    activity({ pageId, platform = 'messenger', newMessages = 0, newConversations = 0 }) {
      const page = ground.page(pageId);
      const timeline = page.timelines[platform];
      if (newMessages > 0 && timeline.size === 0) throw new Error(`Page ${pageId} has no conversation to write in.`);
      const shuffled = random.shuffle(timeline.slice(0, timeline.size));
      const happenings: Happening[] = [];
      for (let count = 0; count < newMessages; count += 1) {
        const conversation = shuffled[count % shuffled.length];
        if (conversation !== undefined) happenings.push(append(conversation, randomWish(platform)));
      }
      for (let count = 0; count < newConversations; count += 1) {
        happenings.push(open(page, { platform, messages: [{}] }));
      }
      return happenings;
    },
  };
}

/** Moves a conversation to where its newest message puts it. */
function touch(conversation: Conversation, createdAt: number): void {
  const timeline = conversation.page.timelines[conversation.platform];
  timeline.remove(conversation);
  conversation.updatedAt = Math.max(conversation.updatedAt, createdAt);
  timeline.add(conversation);
}
