/**
 * What the small Facebook consists of, in its own words: Pages, people, conversations and messages as they really
 * are. How an answer shows them is the business of the shapes; nothing here knows the Graph API's field names.
 */
import type { Timeline } from './timeline.ts';

export type Platform = 'messenger' | 'instagram';

export interface Person {
  readonly id: string;
  /** The display name on Messenger, the username on Instagram; absent for some accounts. */
  readonly name: string | undefined;
}

export type AttachmentKind = 'image' | 'video' | 'audio' | 'file' | 'placeholder';

export interface Attachment {
  readonly id: string;
  /** `placeholder` is what Facebook shows instead of media in parts of Europe: a name and no address. */
  readonly kind: AttachmentKind;
  readonly name: string;
  readonly mimeType: string | undefined;
  readonly sizeBytes: number | undefined;
  readonly width: number;
  readonly height: number;
  readonly url: string | undefined;
  readonly previewUrl: string | undefined;
}

export interface Share {
  readonly id: string | undefined;
  readonly link: string;
  readonly name: string;
  readonly description: string | undefined;
  /** Instagram only: what of a shop was shared. */
  readonly product: Product | undefined;
}

export interface Product {
  readonly id: string;
  readonly imageUrl: string;
  readonly name: string;
  readonly price: string;
}

/** Instagram only: the story that a message answers, or in which the account was mentioned. */
export interface Story {
  readonly kind: 'reply' | 'mention';
  readonly id: string;
  readonly url: string;
}

export interface Reaction {
  readonly reaction: string;
  readonly person: Person;
}

export interface Message {
  readonly id: string;
  /** Counts the messages ever added to the conversation; part of the id. */
  readonly ordinal: number;
  readonly createdAt: number;
  readonly sentByPage: boolean;
  /** Absent in odd data only. */
  readonly from: Person | undefined;
  readonly to: Person | undefined;
  /** Empty for stickers and shares; undefined where Facebook leaves the field out. */
  readonly text: string | undefined;
  readonly attachments: readonly Attachment[];
  readonly shares: readonly Share[];
  /** Messenger only. */
  readonly sticker: string | undefined;
  readonly story: Story | undefined;
  /** Instagram only: of a kind that the API does not show. */
  readonly isUnsupported: boolean;
  readonly reactions: readonly Reaction[];
  /** The id of the message this one answers. */
  readonly replyTo: string | undefined;
  readonly numberOfEdits: number;
  /** As it was written, once it was edited. */
  readonly writtenText?: string | undefined;
}

export type ConversationOddity = 'no-name' | 'no-participants' | 'page-only' | 'no-updated-time' | 'long-id';

export type MessageOddity = 'no-from' | 'empty-text' | 'no-text' | 'nul' | 'lone-surrogate' | 'huge-text' | 'long-id';

export interface Conversation {
  /** Facebook may give a thread another one. */
  id: string;
  /** Place in the Page's order of creation; part of every message id. */
  readonly index: number;
  readonly page: Page;
  readonly platform: Platform;
  readonly customer: Person;
  /** Who the Page is in it: the Page itself, or its Instagram account. */
  readonly account: Person;
  readonly oddity: ConversationOddity | undefined;
  /** The number in the link to the Page inbox. */
  readonly inboxNumber: string;
  /** How many messages it had when the world began, and when the last of them was written. */
  readonly bornMessages: number;
  readonly bornUpdatedAt: number;
  /** Counts its changes, of whatever kind. */
  revision: number;
  /** When the last message was added. Deletions, edits, reactions and reads do not move it. */
  updatedAt: number;
  unreadCount: number;
  /** Oldest first. Undefined while everything is still as generated, so that a quiet conversation costs no memory. */
  messages: Message[] | undefined;
  deletedMessages: Message[];
  nextOrdinal: number;
  deleted: boolean;
}

export interface Page {
  readonly id: string;
  readonly index: number;
  readonly name: string;
  readonly category: string;
  /** How it appears on Messenger. */
  readonly self: Person;
  /** The account behind `platform=instagram`; absent while none is linked. */
  instagram: Person | undefined;
  readonly timelines: Readonly<Record<Platform, Timeline<Conversation>>>;
  readonly conversations: Conversation[];
  readonly conversationsByCustomer: Map<string, Conversation>;
  tasks: readonly string[];
  token: string;
  /** Fields of the app's webhook subscription; undefined when it is not subscribed. */
  subscribedFields: readonly string[] | undefined;
  /** Above Facebook's volume limit: lists of conversations fail, single reads still work. */
  listingFails: boolean;
}
