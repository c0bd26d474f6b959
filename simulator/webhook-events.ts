/** How webhooks put what happened, after the recordings. Only shapes; when and whether something is told is not decided here. */
import type { WorldEvent } from './ground.ts';
import type { Json, JsonObject } from './json.ts';
import type { Attachment, Message, Platform } from './model.ts';

/** The subscription field under which Facebook tells an event; undefined for what it does not tell. */
export function fieldOf(event: WorldEvent): string | undefined {
  const { platform } = event.conversation;
  switch (event.kind) {
    case 'message':
    case 'unsend':
      // Instagram's echoes come with its messages.
      return event.message.sentByPage && platform === 'messenger' ? 'message_echoes' : 'messages';
    case 'edit':
      return platform === 'messenger' ? 'message_edits' : undefined;
    case 'reaction':
      return 'message_reactions';
    case 'read':
      if (platform === 'messenger') return 'message_reads';
      // It names the message that was read: with none from the Page there is nothing to tell.
      return event.newestId === undefined ? undefined : 'messaging_seen';
    case 'delivery':
      return platform === 'messenger' ? 'message_deliveries' : undefined;
  }
}

/** One member of `entry.messaging`. */
export function toEventJson(event: WorldEvent, now: number): JsonObject {
  const customer = { id: event.conversation.customer.id };
  const self = { id: event.conversation.account.id };
  const fromCustomer = { sender: customer, recipient: self };
  const fromPage = { sender: self, recipient: customer };
  switch (event.kind) {
    case 'message': {
      const { message, conversation } = event;
      const parties = message.sentByPage ? fromPage : fromCustomer;
      return { ...parties, timestamp: message.createdAt, message: toMessageJson(message, conversation.platform) };
    }
    case 'unsend': {
      const parties = event.message.sentByPage ? fromPage : fromCustomer;
      return { ...parties, timestamp: now, message: { mid: event.message.id, is_deleted: true } };
    }
    case 'edit': {
      const { id: mid, text, numberOfEdits } = event.message;
      const parties = event.message.sentByPage ? fromPage : fromCustomer;
      return { ...parties, timestamp: now, message_edit: { mid, text, num_edit: numberOfEdits } };
    }
    case 'reaction': {
      const { message, reaction, person } = event;
      const parties = person.id === self.id ? fromPage : fromCustomer;
      const told: Json =
        reaction === undefined
          ? { mid: message.id, action: 'unreact' }
          : { mid: message.id, action: 'react', reaction, emoji: reaction };
      return { ...parties, timestamp: now, reaction: told };
    }
    case 'read':
      return { ...fromCustomer, timestamp: now, read: toReadJson(event) };
    case 'delivery':
      return { ...fromCustomer, delivery: { mids: event.messageIds, watermark: event.deliveredAt } };
  }
}

/** Messenger tells up to which time, Instagram up to which message. */
function toReadJson({ readAt, newestId, conversation }: Extract<WorldEvent, { kind: 'read' }>): JsonObject {
  return conversation.platform === 'messenger' ? { watermark: readAt } : { mid: newestId };
}

function toMessageJson(message: Message, platform: Platform): JsonObject {
  const { id: mid, text, sentByPage, replyTo, story, sticker, isUnsupported } = message;
  const media = sticker === undefined ? toMediaJson(message, platform) : [{ type: 'image', payload: { url: sticker } }];
  const answered = story?.kind === 'reply' ? { story: { url: story.url, id: story.id } } : { mid: replyTo };
  const isAnswer = story?.kind === 'reply' || replyTo !== undefined;
  return {
    mid,
    ...(text === undefined || text === '' ? {} : { text }),
    ...(media.length === 0 ? {} : { attachments: media }),
    ...(isAnswer ? { reply_to: answered } : {}),
    ...(isUnsupported ? { is_unsupported: true } : {}),
    ...(sentByPage ? { is_echo: true, ...(platform === 'messenger' ? { app_id: 263902037430900 } : {}) } : {}),
  };
}

function toMediaJson({ attachments, shares, story }: Message, platform: Platform): JsonObject[] {
  const media = attachments.map(toAttachmentJson);
  if (platform === 'messenger') return media;
  const mention = story?.kind === 'mention' ? [{ type: 'story_mention', payload: { url: story.url } }] : [];
  return [...media, ...shares.map(({ link }) => ({ type: 'share', payload: { url: link } })), ...mention];
}

function toAttachmentJson({ kind, url }: Attachment): JsonObject {
  return kind === 'placeholder' ? { type: 'fallback' } : { type: kind, payload: { url } };
}
