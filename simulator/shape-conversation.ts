/** How a conversation is shown, field by field, after the recordings. Facebook calls the type UnifiedThread. */
import { linkOf, participantsOf, snippetOf } from './conversation-facts.ts';
import { compileMessageShape, messageListJson, readMessagesLimit } from './message-list.ts';
import { messageCount, newestMessages } from './messages.ts';
import { PERSON_MEMBERS, toPersonJson } from './shape-people.ts';
import { list, plain, toGraphTime } from './shape.ts';
import type { Field } from './fields.ts';
import type { JsonObject } from './json.ts';
import type { Conversation } from './model.ts';
import type { NodeType, Part } from './shape.ts';

const people = list<Conversation>('User', PERSON_MEMBERS, toPeopleJson);

export const CONVERSATION: NodeType<Conversation> = {
  name: 'UnifiedThread',
  defaults: ['id', 'link', 'message_count', 'snippet', 'unread_count', 'updated_time'],
  parts: {
    id: plain(({ id }) => id),
    updated_time: plain(({ oddity, updatedAt }) => (oddity === 'no-updated-time' ? undefined : toGraphTime(updatedAt))),
    message_count: plain(messageCount),
    unread_count: plain(({ unreadCount }) => unreadCount),
    snippet: plain((conversation, { world }) =>
      snippetOf(newestMessages(world.origin, conversation, { offset: 0, count: 1 })[0]),
    ),
    link: plain(linkOf),
    participants: people,
    senders: people,
    former_participants: plain(() => ({ data: [] })),
    can_reply: plain(() => true),
    is_subscribed: plain(() => true),
    is_owner: plain(() => true),
    folder: plain(() => 'inbox'),
    scoped_thread_key: plain(({ id }) => id),
    name: plain(() => undefined),
    wallpaper: plain(() => undefined),
    linked_group: plain(() => undefined),
    messages: nestedMessages,
  },
};

/** In lists Facebook shows less when no fields are named, and least when one person's thread is asked for. */
export const LISTED_CONVERSATION: NodeType<Conversation> = { ...CONVERSATION, defaults: ['id', 'updated_time'] };
export const PERSONS_CONVERSATION: NodeType<Conversation> = { ...CONVERSATION, defaults: ['id'] };

function toPeopleJson(conversation: Conversation): readonly JsonObject[] | undefined {
  return participantsOf(conversation)?.map((person) => toPersonJson(person, conversation.platform));
}

function nestedMessages(field: Field): Part<Conversation> {
  const shape = compileMessageShape(field.children);
  const { limit, after, before } = field.modifiers;
  return (conversation, view) => {
    if (messageCount(conversation) === 0) return undefined;
    const window = { limit: readMessagesLimit(limit, view.rules), after, before };
    const parameters =
      field.children === undefined ? '' : `&fields=${encodeURIComponent(toFieldsText(field.children))}`;
    return messageListJson({ conversation, view, shape, window, parameters });
  };
}

/** The field list as text again, for the address of the next page. */
function toFieldsText(fields: readonly Field[]): string {
  return fields
    .map(({ name, modifiers, children }) => {
      const calls = Object.entries(modifiers).map(([modifier, value]) => `.${modifier}(${value})`);
      return `${name}${calls.join('')}${children === undefined ? '' : `{${toFieldsText(children)}}`}`;
    })
    .join(',');
}
