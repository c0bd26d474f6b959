/**
 * The forms of Facebook's ids. A message id hides where its message lives, so that a read by id needs no index over
 * messages nobody has asked for; to everybody outside it must stay an opaque string.
 */
import { hash } from './random.ts';
import type { Random } from './random.ts';

const DIGITS = '0123456789';
const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const MESSAGE_ID_BYTES = 64;
const PLACE_BYTES = 12;
/** base64 of `ig_`. */
const INSTAGRAM_PREFIX = 'aWdf';
const MESSENGER_ID_LENGTH = 88;

export interface MessagePlace {
  readonly pageIndex: number;
  readonly conversationIndex: number;
  readonly ordinal: number;
}

export function numericId(random: Random, length: number): string {
  return random.text(1, '123456789') + random.text(length - 1, DIGITS);
}

/** A user or Page token: the recorded prefix and length, and nothing a real one could be mistaken for. */
export function accessToken(random: Random): string {
  return `EAASIMULATED${random.text(150, ALPHANUMERIC)}ZD`;
}

export function traceId(random: Random): string {
  return `A${random.text(22, ALPHANUMERIC)}`;
}

/** Facebook's own escaping of base64 in Instagram ids and cursors: `Z` is written `ZA`, `=` is written `ZD`. */
export function escapeBase64(text: string): string {
  return text.replaceAll('Z', 'ZA').replaceAll('=', 'ZD');
}

export function unescapeBase64(text: string): string {
  return text.replaceAll('ZD', '=').replaceAll('ZA', 'Z');
}

/** `m_` and 86 characters; `long` adds 212 more. */
export function messengerMessageId(input: {
  seed: number;
  place: MessagePlace;
  random: Random;
  long: boolean;
}): string {
  const { seed, place, random, long } = input;
  const bytes = Buffer.from(random.bytes(MESSAGE_ID_BYTES));
  bytes.writeUInt16BE(place.pageIndex, 0);
  bytes.writeUInt32BE(place.conversationIndex, 2);
  bytes.writeUInt32BE(place.ordinal, 6);
  bytes.writeUInt16BE(0, 10);
  maskPlace(bytes, seed);
  return `m_${bytes.toString('base64url')}${long ? random.text(212, ALPHANUMERIC) : ''}`;
}

/** Where the id says its message lives, or undefined if this world never made it. The caller compares the full id. */
export function placeOfMessengerMessage(id: string, seed: number): MessagePlace | undefined {
  if (!id.startsWith('m_') || id.length < MESSENGER_ID_LENGTH) return undefined;
  const bytes = Buffer.from(id.slice(2, MESSENGER_ID_LENGTH), 'base64url');
  if (bytes.length !== MESSAGE_ID_BYTES) return undefined;
  maskPlace(bytes, seed);
  if (bytes.readUInt16BE(10) !== 0) return undefined;
  return {
    pageIndex: bytes.readUInt16BE(0),
    conversationIndex: bytes.readUInt32BE(2),
    ordinal: bytes.readUInt32BE(6),
  };
}

/** Its own inverse: the mask is drawn from the part of the id that it leaves alone. */
function maskPlace(bytes: Buffer, seed: number): void {
  const salt = bytes.readUInt32BE(PLACE_BYTES);
  for (let at = 0; at < PLACE_BYTES; at += 4) {
    bytes.writeUInt32BE((bytes.readUInt32BE(at) ^ hash(seed, salt, at)) >>> 0, at);
  }
}

export function instagramConversationId(accountId: string, threadNumber: string): string {
  return encodeInstagram(`ig_dm:1:IGMessageThread:${accountId}:${threadNumber}`);
}

/** About 164 characters, as recorded. */
export function instagramMessageId(input: {
  accountId: string;
  threadNumber: string;
  ordinal: number;
  random: Random;
  long: boolean;
}): string {
  const number = `${numericId(input.random, input.long ? 120 : 29)}${String(input.ordinal).padStart(6, '0')}`;
  return encodeInstagram(`ig_dm_item:1:IGMessageID:${input.accountId}:${input.threadNumber}:${number}`);
}

export function isInstagramId(id: string): boolean {
  return id.startsWith(INSTAGRAM_PREFIX);
}

/** The conversation and ordinal inside an Instagram message id, or undefined when it is not one. */
export function placeOfInstagramMessage(id: string): { conversationId: string; ordinal: number } | undefined {
  if (!isInstagramId(id)) return undefined;
  const parts = Buffer.from(unescapeBase64(id), 'base64').toString().split(':');
  const [kind, , , accountId, threadNumber, number] = parts;
  if (kind !== 'ig_dm_item' || accountId === undefined || threadNumber === undefined || number === undefined) {
    return undefined;
  }
  return { conversationId: instagramConversationId(accountId, threadNumber), ordinal: Number(number.slice(-6)) };
}

function encodeInstagram(plain: string): string {
  return escapeBase64(Buffer.from(plain).toString('base64'));
}

/** The 39 digits of an Instagram thread, recovered from its conversation id. */
export function instagramThreadNumber(conversationId: string): string {
  return Buffer.from(unescapeBase64(conversationId), 'base64').toString().split(':').at(-1) ?? '';
}
