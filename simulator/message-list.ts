/**
 * Pages through the messages of one conversation, newest first: the messages edge and the messages nested in a
 * conversation are the same list. Details stop where Facebook stops showing them.
 */
import { readLimit } from './fields.ts';
import { cutPage, toListJson } from './listing.ts';
import { messageCount, messageOffset, newestMessages } from './messages.ts';
import { MESSAGE } from './shape-message.ts';
import { compileShape } from './shape.ts';
import type { Field } from './fields.ts';
import type { ListSource } from './listing.ts';
import type { ListTwist } from './faults.ts';
import type { JsonObject } from './json.ts';
import type { Conversation, Message } from './model.ts';
import type { Rules } from './options.ts';
import type { PlacedMessage } from './shape-message.ts';
import type { Shape, View } from './shape.ts';

export interface MessageWindow {
  readonly limit: number;
  readonly after: string | undefined;
  readonly before: string | undefined;
  readonly twist?: ListTwist | undefined;
}

export function readMessagesLimit(text: string | undefined, rules: Rules): number {
  return readLimit(text, { fallback: 25, cap: rules.messagesCap });
}

/** How messages are shown in a list: past the readable ones, only id and time. */
export function compileMessageShape(fields: readonly Field[] | undefined): {
  readonly full: Shape<PlacedMessage>;
  readonly bare: Shape<PlacedMessage>;
} {
  return { full: compileShape(MESSAGE, fields), bare: compileShape(MESSAGE, undefined) };
}

export function messageListJson(input: {
  readonly conversation: Conversation;
  readonly view: View;
  readonly shape: ReturnType<typeof compileMessageShape>;
  readonly window: MessageWindow;
  /** The request's own parameters, to be repeated in `next`. */
  readonly parameters: string;
}): JsonObject {
  const { conversation, view, shape, window, parameters } = input;
  const { rules, root, token } = view;
  const owner = `${conversation.id}/messages`;
  const { items, paging } = cutPage({
    source: messageSource(conversation, view),
    owner,
    ...window,
    phantomNext: rules.phantomNext,
    deadCursorCode: rules.deadCursorCode,
    url: (cursor) =>
      `${root}/${owner}?access_token=${token}&pretty=0&limit=${window.limit}${parameters}&${new URLSearchParams(cursor)}`,
  });
  const readable = rules.readableMessages[conversation.platform];
  const data = items.map((message) => {
    const isReadable = readable === Infinity || (messageOffset(conversation, message.ordinal) ?? Infinity) < readable;
    return (isReadable ? shape.full : shape.bare)({ conversation, message }, view);
  });
  return toListJson(data, paging);
}

function messageSource(conversation: Conversation, view: View): ListSource<Message> {
  const { origin } = view.world;
  const count = messageCount(conversation);
  const { readableMessages, instagram } = view.rules;
  const isHidden = conversation.platform === 'instagram' && instagram.olderMessages === 'hidden';
  const size = isHidden ? Math.min(count, readableMessages.instagram) : count;
  return {
    size,
    slice: (offset, length) =>
      newestMessages(origin, conversation, { offset, count: Math.max(0, Math.min(length, size - offset)) }),
    standingOf: ({ ordinal, createdAt }) => ({ index: ordinal, updatedAt: createdAt }),
    find: ({ index }) => {
      const offset = messageOffset(conversation, index);
      return offset === undefined ? undefined : { offset, isThere: true };
    },
  };
}
