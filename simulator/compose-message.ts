/**
 * Writes one message, either as the seed would have it or exactly as somebody wishes. The same arguments always give
 * the same message; nothing may be remembered here.
 */
import { instagramMessageId, instagramThreadNumber, messengerMessageId, numericId } from './ids.ts';
import { MESSAGE_ODDITIES, drawOddity, oddText } from './oddities.ts';
import { CUSTOMER_PHRASES, PAGE_PHRASES, PLACEHOLDER_NAME, REACTIONS, SHARE_TITLES } from './phrases.ts';
import { createRandom } from './random.ts';
import type {
  Attachment,
  AttachmentKind,
  Conversation,
  Message,
  MessageOddity,
  Platform,
  Reaction,
  Share,
  Story,
} from './model.ts';
import type { Random } from './random.ts';

/** From what the whole world is made. */
export interface Origin {
  readonly seed: number;
  readonly oddShare: number;
}

/** A message to be written on purpose. What is left out is plain: a text from the customer, now. */
export interface MessageWish {
  readonly text?: string;
  /** Where to write when no conversation is named; default messenger. */
  readonly platform?: Platform;
  /** Default `customer`. */
  readonly from?: 'customer' | 'page';
  /** Milliseconds; default: now. An earlier one puts the message between the others. */
  readonly createdAt?: number;
  readonly attachments?: readonly AttachmentKind[];
  /** Messenger only. */
  readonly sticker?: boolean;
  readonly share?: boolean;
  /** Instagram only: it answers a story, or mentions the account in one. */
  readonly story?: Story['kind'];
  /** Instagram only: of a kind that the API does not show. */
  readonly unsupported?: boolean;
  /** Id of the message it answers. */
  readonly replyTo?: string;
  readonly odd?: MessageOddity;
}

/** Where a message belongs: enough to draw everything about it from the seed. */
interface Spot {
  readonly origin: Origin;
  readonly conversation: Conversation;
  readonly ordinal: number;
}

interface Composition extends Spot {
  readonly createdAt: number;
}

/** The message with which the world was born. */
export function composeBornMessage(composition: Composition): Message {
  const { conversation, ordinal } = composition;
  const random = streamOf('message', composition);
  const sentByPage = ordinal > 0 && random.chance(0.45);
  const form = random.next();
  const odd = bornOddity(composition);
  const hasReaction = random.chance(0.05);
  const isReply = ordinal > 0 && random.chance(0.04);
  const wish: MessageWish = {
    from: sentByPage ? 'page' : 'customer',
    ...(form < 0.08 ? { attachments: [drawKind(random)] } : {}),
    ...(form >= 0.08 && form < 0.11 ? specialty(conversation.platform, (form - 0.08) / 0.03) : {}),
    ...(form >= 0.11 && form < 0.13 ? { share: true } : {}),
    ...(isReply ? { replyTo: bornMessageId({ ...composition, ordinal: ordinal - 1 }) } : {}),
    ...(odd === undefined ? {} : { odd }),
  };
  const message = compose(composition, wish, random);
  if (!hasReaction) return message;
  const reaction: Reaction = {
    reaction: random.pick(REACTIONS),
    person: message.sentByPage ? conversation.customer : conversation.account,
  };
  return { ...message, reactions: [reaction] };
}

/** A message somebody wants to happen. */
export function composeWishedMessage(composition: Composition, wish: MessageWish): Message {
  return compose(composition, wish, streamOf('message', composition));
}

/** What only this platform has; `draw` is from 0 to 1. */
export function specialty(platform: Platform, draw: number): MessageWish {
  if (platform === 'messenger') return { sticker: true };
  if (draw < 0.4) return { story: 'reply' };
  return draw < 0.7 ? { from: 'customer', story: 'mention' } : { unsupported: true };
}

function compose(composition: Composition, wish: MessageWish, random: Random): Message {
  const { conversation, ordinal, createdAt } = composition;
  const { platform, account } = conversation;
  checkPlatform(platform, wish);
  const sentByPage = wish.from === 'page';
  const phrase = random.pick(sentByPage ? PAGE_PHRASES : CUSTOMER_PHRASES);
  const isWordless = wish.sticker === true || wish.share === true || wish.story === 'mention';
  const isUnsupported = wish.unsupported === true;
  const kinds = wish.attachments ?? [];
  const text = wish.text ?? (isWordless ? '' : phrase.replace('{n}', String(random.int(1, 99_999))));
  return {
    id: messageId(composition, wish.odd === 'long-id'),
    ordinal,
    createdAt,
    sentByPage,
    from: wish.odd === 'no-from' ? undefined : sentByPage ? account : conversation.customer,
    to: sentByPage ? conversation.customer : account,
    // Facebook leaves the text out of a message that is nothing but media.
    text: (kinds.length > 0 || isUnsupported) && wish.text === undefined ? undefined : oddText(wish.odd, text),
    attachments: kinds.map((kind) => composeAttachment(kind, random)),
    shares: wish.share === true ? [composeShare(random, platform)] : [],
    sticker: wish.sticker === true ? `https://scontent.example/v/t39.1997-6/${numericId(random, 15)}_n.png` : undefined,
    story: wish.story === undefined ? undefined : composeStory(wish.story, random),
    isUnsupported,
    reactions: [],
    replyTo: wish.replyTo,
    numberOfEdits: 0,
  };
}

function bornMessageId(spot: Spot): string {
  return messageId(spot, bornOddity(spot) === 'long-id');
}

function bornOddity(spot: Spot): MessageOddity | undefined {
  const { origin } = spot;
  if (origin.oddShare === 0) return undefined;
  return drawOddity(streamOf('oddity', spot), MESSAGE_ODDITIES, origin.oddShare);
}

function messageId(spot: Spot, long: boolean): string {
  const { origin, conversation, ordinal } = spot;
  const random = streamOf('message-id', spot);
  if (conversation.platform === 'instagram') {
    return instagramMessageId({
      accountId: conversation.account.id,
      threadNumber: instagramThreadNumber(conversation.id),
      ordinal,
      random,
      long,
    });
  }
  const place = { pageIndex: conversation.page.index, conversationIndex: conversation.index, ordinal };
  return messengerMessageId({ seed: origin.seed, place, random, long });
}

function streamOf(purpose: string, { origin, conversation, ordinal }: Spot): Random {
  return createRandom(origin.seed, purpose, conversation.page.index, conversation.index, ordinal);
}

function drawKind(random: Random): AttachmentKind {
  const draw = random.next();
  if (draw < 0.6) return 'image';
  if (draw < 0.75) return 'video';
  if (draw < 0.85) return 'audio';
  return draw < 0.97 ? 'file' : 'placeholder';
}

const MEDIA = {
  image: { mimeType: 'image/jpeg', extension: 'jpg', width: 1920, height: 1213 },
  video: { mimeType: 'video/mp4', extension: 'mp4', width: 960, height: 544 },
  audio: { mimeType: 'audio/mpeg', extension: 'mp3', width: 0, height: 0 },
  file: { mimeType: 'application/pdf', extension: 'pdf', width: 0, height: 0 },
} as const;

function composeAttachment(kind: AttachmentKind, random: Random): Attachment {
  const id = numericId(random, 15);
  if (kind === 'placeholder') {
    return {
      id,
      kind,
      name: PLACEHOLDER_NAME,
      mimeType: undefined,
      sizeBytes: undefined,
      width: 0,
      height: 0,
      url: undefined,
      previewUrl: undefined,
    };
  }
  const media = MEDIA[kind];
  const path = `https://scontent.example/v/t1.15752-9/${id}_${numericId(random, 12)}_n`;
  return {
    id,
    kind,
    name: kind === 'image' ? `image-${id}` : `${kind}-${id}.${media.extension}`,
    mimeType: media.mimeType,
    sizeBytes: random.chance(0.1) ? undefined : random.int(2_000, 4_000_000),
    width: media.width,
    height: media.height,
    url: `${path}.${media.extension}`,
    previewUrl: media.width > 0 ? `${path}_preview.jpg` : undefined,
  };
}

/** Throws when somebody wants what the platform does not have. */
function checkPlatform(platform: Platform, { sticker, story, unsupported }: MessageWish): void {
  if (platform === 'instagram' && sticker === true) throw new Error('Instagram has no stickers.');
  if (platform === 'messenger' && (story !== undefined || unsupported === true)) {
    throw new Error('Only Instagram has stories and unsupported messages.');
  }
}

function composeStory(kind: Story['kind'], random: Random): Story {
  const id = numericId(random, 17);
  return { kind, id, url: `https://scontent.example/v/t51.2885-15/${id}_n.jpg` };
}

function composeShare(random: Random, platform: Platform): Share {
  const number = numericId(random, 9);
  if (platform === 'instagram') return composeInstagramShare(random, number);
  return {
    id: random.chance(0.5) ? number : undefined,
    link: `https://shop.example/items/${number}?ref=share`,
    name: random.pick(SHARE_TITLES),
    description: undefined,
    product: undefined,
  };
}

/** A post, or a product of the shop. */
function composeInstagramShare(random: Random, number: string): Share {
  const isProduct = random.chance(0.3);
  const name = random.pick(SHARE_TITLES);
  const imageUrl = `https://scontent.example/v/t45.5328-4/${number}_n.jpg`;
  return {
    id: undefined,
    link: isProduct ? `https://shop.example/items/${number}` : `https://scontent.example/v/t51.2885-15/${number}_n.jpg`,
    name,
    description: undefined,
    product: isProduct ? { id: number, imageUrl, name, price: `$${random.int(1, 99)}` } : undefined,
  };
}
