/** How webhooks put what happened, after the recordings. Only shapes; when and whether something is told is not decided here. */
import { pagePerson } from './compose-message.ts';
import type { WorldEvent } from './ground.ts';
import type { Json, JsonObject } from './json.ts';
import type { Attachment, Message, Platform } from './model.ts';

/** The subscription field under which Facebook tells an event. */
export function fieldOf(event: WorldEvent): string {
  const { platform } = event.conversation;
  switch (event.kind) {
    case 'message':
    case 'unsend':
      // Instagram's echoes come with its messages.
      return event.message.sentByPage && platform === 'messenger' ? 'message_echoes' : 'messages';
    case 'edit':
      return 'message_edits';
    case 'reaction':
      return 'message_reactions';
    case 'read':
      return platform === 'instagram' ? 'messaging_seen' : 'message_reads';
    case 'delivery':
      return 'message_deliveries';
  }
}

/** One member of `entry.messaging`. */
export function toEventJson(event: WorldEvent, now: number): JsonObject {
  const customer = { id: event.conversation.customer.id };
  const self = { id: pagePerson(event.conversation).id };
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
      return { ...fromCustomer, timestamp: now, read: { watermark: event.readAt } };
    case 'delivery':
      return { ...fromCustomer, delivery: { mids: event.messageIds, watermark: event.deliveredAt } };
  }
}

function toMessageJson(message: Message, platform: Platform): JsonObject {
  const { id: mid, text, sentByPage, replyTo, sticker, attachments } = message;
  const media = attachments.map(toAttachmentJson);
  const withSticker = sticker === undefined ? media : [{ type: 'image', payload: { url: sticker } }];
  return {
    mid,
    ...(text === undefined || text === '' ? {} : { text }),
    ...(withSticker.length === 0 ? {} : { attachments: withSticker }),
    ...(replyTo === undefined ? {} : { reply_to: { mid: replyTo } }),
    ...(sentByPage ? { is_echo: true, ...(platform === 'messenger' ? { app_id: 263902037430900 } : {}) } : {}),
  };
}

function toAttachmentJson({ kind, url }: Attachment): JsonObject {
  return kind === 'placeholder' ? { type: 'fallback' } : { type: kind, payload: { url } };
}
