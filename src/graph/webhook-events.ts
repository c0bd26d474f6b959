/**
 * The deliveries of Facebook's webhooks as events. Nothing in a delivery is ever refused: what is of no known kind, or
 * lacks what its kind needs, is named, and the rest of it goes on (I12).
 */
import type { Instant, JsonObject, JsonValue, Platform } from '../core/model.ts';
import type { ParsedDelivery, ToldMessage, WebhookEvent } from '../core/webhook.ts';
import { isObject, type Maybe, OddItem, requireId, toCount, toId, toInstant, toText } from './shapes.ts';

const PLATFORM_OF: Readonly<Record<string, Platform>> = { page: 'messenger', instagram: 'instagram' };

/** Kinds that tell nothing which the mirror holds. */
const NOTED = [
  'referral',
  'optin',
  'pass_thread_control',
  'take_thread_control',
  'request_thread_control',
  'app_roles',
  'policy-enforcement',
  'policy_enforcement',
  'account_linking',
  'messaging_feedback',
  'response_feedback',
];

/** The dashboard of the app sends its samples for an account of this id. */
const SAMPLE_ACCOUNT = '0';

interface Sink {
  readonly events: WebhookEvent[];
  readonly noted: string[];
  readonly unknown: string[];
}

/** Throws an OddItem for what is no delivery at all. */
export function parseDelivery(body: string): ParsedDelivery {
  const delivery = parseJson(body);
  const sink: Sink = { events: [], noted: [], unknown: [] };
  const object = toText(delivery['object']) ?? '';
  const platform = PLATFORM_OF[object];
  const entries = delivery['entry'];
  if (platform === undefined || !Array.isArray(entries)) {
    sink.unknown.push(`object ${object}`);
    return sink;
  }
  for (const entry of entries as readonly JsonValue[]) {
    if (isObject(entry)) readEntry(entry, platform, sink);
    else sink.unknown.push('entry');
  }
  return sink;
}

function parseJson(body: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new OddItem('it is not JSON');
  }
  if (!isObject(parsed as JsonValue)) throw new OddItem('it is not a JSON object');
  return parsed as JsonObject;
}

/** The places of an entry where events are. Another app may be the one that answers: then they come as `standby`. */
export function itemsOf(entry: JsonObject): readonly { readonly item: JsonValue; readonly field?: string }[] {
  const list = (name: string) => (Array.isArray(entry[name]) ? (entry[name] as readonly JsonValue[]) : []);
  return [
    ...[...list('messaging'), ...list('standby')].map((item) => ({ item })),
    ...list('changes').map((change) =>
      isObject(change) ? { item: change['value'] ?? null, field: toText(change['field']) ?? '' } : { item: null },
    ),
  ];
}

function readEntry(entry: JsonObject, platform: Platform, sink: Sink): void {
  const accountId = toId(entry['id']);
  const items = itemsOf(entry);
  if (accountId === undefined || items.length === 0) {
    sink.unknown.push(`entry with ${Object.keys(entry).join(', ')}`);
    return;
  }
  if (accountId === SAMPLE_ACCOUNT) {
    sink.noted.push('sample');
    return;
  }
  const sentAt = toInstant(entry['time']);
  for (const { item, field } of items) {
    try {
      readItem(item, { platform, accountId, sentAt, field }, sink);
    } catch (error) {
      if (!(error instanceof OddItem)) throw error;
      sink.unknown.push(`event of which ${error.message}`);
    }
  }
}

interface Account {
  readonly platform: Platform;
  readonly accountId: string;
}

interface Envelope extends Account {
  readonly sentAt: Instant | undefined;
  /** Of a change. */
  readonly field: string | undefined;
}

function readItem(item: JsonValue, { platform, accountId, sentAt, field }: Envelope, sink: Sink): void {
  if (!isObject(item)) throw new OddItem('nothing is an object');
  const noted = NOTED.find((name) => item[name] !== undefined);
  if (noted !== undefined) {
    sink.noted.push(noted);
    return;
  }
  const at = toInstant(item['timestamp']);
  const parties = toParties(item, accountId);
  if (parties === undefined) {
    sink.unknown.push(field === undefined ? 'event without sender and recipient' : `change of ${field}`);
    return;
  }
  if (parties.contactId === undefined) {
    sink.noted.push('message to oneself');
    return;
  }
  const lateMs = at === undefined || sentAt === undefined ? 0 : Math.max(0, sentAt - at);
  const place = { platform, accountId, contactId: parties.contactId, at, lateMs };
  const told = toTold(item, { ...parties, accountId, platform });
  if (told === 'noted') sink.noted.push(kindOf(item));
  else if (told === undefined) sink.unknown.push(kindOf(item));
  else sink.events.push({ ...place, ...told });
}

/** What an event is about, by the name of what it holds beside the usual. */
function kindOf(item: JsonObject): string {
  const usual = new Set(['sender', 'recipient', 'timestamp', 'hop_context', 'prior_message']);
  return Object.keys(item).find((name) => !usual.has(name)) ?? 'nothing';
}

interface Parties {
  readonly senderId: string | undefined;
  /** Undefined when the account writes to itself. */
  readonly contactId: string | undefined;
  readonly isSent: boolean;
}

type From = Parties & Account;

/** Who the contact is. The account's own id decides, on either side; elsewhere what the event says of itself. */
function toParties(item: JsonObject, accountId: string): Parties | undefined {
  const [senderId, recipientId] = [item['sender'], item['recipient']].map((person) =>
    isObject(person) ? toId(person['id']) : undefined,
  );
  const { message } = item;
  const isEcho = isObject(message) && message['is_echo'] === true;
  if (senderId === accountId && recipientId === accountId) return { senderId, contactId: undefined, isSent: true };
  const isSent = senderId === accountId || isEcho;
  const other = recipientId === accountId ? senderId : isSent ? recipientId : senderId;
  return other === undefined ? undefined : { senderId, contactId: other, isSent };
}

type Told = WebhookEvent extends infer E ? (E extends WebhookEvent ? Omit<E, keyof Common> : never) : never;
type Common = Pick<WebhookEvent, 'platform' | 'accountId' | 'contactId' | 'at' | 'lateMs'>;

/** `noted`: it is known and changes nothing. Undefined: it is not known. */
function toTold(item: JsonObject, from: From): Told | 'noted' | undefined {
  const { message, message_edit: edit, reaction, read, delivery, postback } = item;
  if (isObject(message)) return toMessageEvent(item, message, from);
  if (isObject(edit)) {
    const text = toText(edit['text']) ?? '';
    return { kind: 'edit', messageId: toMessageId(edit['mid'], from), text, number: toCount(edit['num_edit']) ?? 0 };
  }
  if (isObject(reaction)) return toReaction(reaction, from);
  if (isObject(read)) return from.isSent ? 'noted' : toRead(read, from);
  if (isObject(delivery)) {
    const upTo = toInstant(delivery['watermark']);
    return upTo === undefined || from.isSent ? 'noted' : { kind: 'delivery', upTo };
  }
  if (!isObject(postback)) return undefined;
  // Pressing a button writes its title, as a message with an id; elsewhere it is only pressed.
  if (postback['mid'] === undefined) return 'noted';
  return { kind: 'message', message: toMessage(item, { mid: postback['mid'], text: postback['title'] }, from) };
}

function toMessageEvent(item: JsonObject, message: JsonObject, from: From): Told {
  if (message['is_deleted'] === true) return { kind: 'unsend', messageId: toMessageId(message['mid'], from) };
  return { kind: 'message', message: toMessage(item, message, from) };
}

function toMessage(raw: JsonObject, message: JsonObject, from: From): ToldMessage {
  const { attachments, reply_to: replyTo } = message;
  return {
    id: toMessageId(message['mid'], from),
    fromId: from.isSent ? from.accountId : from.senderId,
    direction: from.isSent ? 'outbound' : 'inbound',
    text: toText(message['text']),
    attachments: Array.isArray(attachments) ? (attachments as readonly JsonValue[]) : [],
    replyTo: isObject(replyTo) ? toId(replyTo['mid']) : undefined,
    raw,
  };
}

function toReaction(reaction: JsonObject, { senderId, ...from }: From): Told {
  if (senderId === undefined) throw new OddItem('nobody is named who reacts');
  const isTaken = reaction['action'] === 'unreact';
  const emoji = toText(reaction['emoji']);
  return {
    kind: 'reaction',
    messageId: toMessageId(reaction['mid'], from),
    actorId: senderId,
    reaction: isTaken ? undefined : (toText(reaction['reaction']) ?? emoji ?? 'other'),
    emoji: isTaken ? undefined : emoji,
  };
}

/** Messenger tells up to when, Instagram up to which message. */
function toRead(read: JsonObject, from: Account): Told {
  const upTo = toInstant(read['watermark']);
  return { kind: 'read', upTo: upTo ?? { messageId: toMessageId(read['mid'], from) } };
}

/** The id that the message has in the Graph API. Before 2018 webhooks left out its beginning. */
export function toMessageId(mid: Maybe, { platform }: Pick<Account, 'platform'>): string {
  const id = requireId(mid);
  return platform === 'messenger' && id.startsWith('mid.') ? `m_${id}` : id;
}
