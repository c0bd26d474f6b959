/**
 * What everything in the world builds on: clock, randomness, Pages and the ways to find things in them. Types only.
 */
import type { Origin } from './compose-message.ts';
import type { Conversation, Message, Page, Person } from './model.ts';
import type { WorldSettings } from './options.ts';
import type { Random } from './random.ts';
import type { Tokens } from './tokens.ts';

/** Something that happened and that webhooks may tell about. */
export type WorldEvent =
  | { readonly kind: 'message' | 'edit' | 'unsend'; readonly conversation: Conversation; readonly message: Message }
  | {
      readonly kind: 'reaction';
      readonly conversation: Conversation;
      readonly message: Message;
      readonly person: Person;
      /** Undefined: taken back. */
      readonly reaction: string | undefined;
    }
  | {
      readonly kind: 'read';
      readonly conversation: Conversation;
      readonly readAt: number;
      /** The last message that was read. */
      readonly newestId: string | undefined;
    }
  | {
      readonly kind: 'delivery';
      readonly conversation: Conversation;
      readonly deliveredAt: number;
      readonly messageIds: readonly string[];
    };

export interface Ground {
  readonly settings: WorldSettings;
  readonly origin: Origin;
  /** Milliseconds of the world's clock. */
  readonly startedAt: number;
  readonly now: () => number;
  /** For what happens after the start; one stream, so the order of happenings matters. */
  readonly random: Random;
  readonly pages: readonly Page[];
  readonly tokens: Tokens;
  readonly userId: string;
  readonly conversationsById: Map<string, Conversation>;
  /** The Page with this id; throws when there is none. */
  page(pageId: string): Page;
  /** The living or deleted conversation with this id. */
  findConversation(id: string): Conversation | undefined;
  /** The message with this id, unless it or its conversation is deleted. */
  findMessage(id: string): { conversation: Conversation; message: Message } | undefined;
  emit(event: WorldEvent): void;
}
