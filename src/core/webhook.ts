/** What Facebook's webhooks bring, in the words of the mirror. Nothing here knows the form that they arrive in. */
import type { Instant, JsonObject, JsonValue, MessageSnapshot, Platform } from './model.ts';

/** The bytes of a delivery as they arrived, and the header X-Hub-Signature-256. */
export interface SignedDelivery {
  readonly body: Uint8Array;
  readonly signature: string | undefined;
}

/** The 64 hexadecimal digits of `sha256=…`; undefined for anything else, such as a header that came twice. */
export function readSignature(header: string | undefined): string | undefined {
  return /^sha256=([0-9a-f]{64})$/i.exec(header ?? '')?.[1];
}

/** Where it happened: with a Page or an Instagram account, by Facebook's id of it, and with whom. */
interface Place {
  readonly platform: Platform;
  readonly accountId: string;
  readonly contactId: string;
  /** When it happened, by Facebook's clock. */
  readonly at: Instant | undefined;
  /** How long after that it was sent. */
  readonly lateMs: number;
}

/** A message as it was written. */
export interface ToldMessage {
  readonly id: string;
  readonly fromId: string | undefined;
  readonly direction: MessageSnapshot['direction'];
  readonly text: string | undefined;
  readonly attachments: readonly JsonValue[];
  readonly replyTo: string | undefined;
  readonly raw: JsonObject;
}

/** Something that changes the mirror. */
export type WebhookEvent = Place &
  (
    | { readonly kind: 'message'; readonly message: ToldMessage }
    | { readonly kind: 'edit'; readonly messageId: string; readonly text: string; readonly number: number }
    | { readonly kind: 'unsend'; readonly messageId: string }
    | {
        readonly kind: 'reaction';
        readonly messageId: string;
        readonly actorId: string;
        /** Undefined: taken back. */
        readonly reaction: string | undefined;
        readonly emoji: string | undefined;
      }
    /** The contact has read everything up to then, or up to a message. */
    | { readonly kind: 'read'; readonly upTo: Instant | { readonly messageId: string } }
    | { readonly kind: 'delivery'; readonly upTo: Instant }
  );

export interface ParsedDelivery {
  readonly events: readonly WebhookEvent[];
  /** What of it is known, and changes nothing in the mirror: names of kinds. */
  readonly noted: readonly string[];
  /** What of it is not known, or could not be read: kinds, and why. */
  readonly unknown: readonly string[];
}
