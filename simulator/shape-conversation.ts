/** How a conversation is shown, field by field, after the recordings. Facebook calls the type UnifiedThread. */
import { lacksFields, linkOf, participantsOf, snippetOf } from './conversation-facts.ts';
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
    message_count: undocumented(plain(messageCount)),
    unread_count: undocumented(plain(({ unreadCount }) => unreadCount)),
    snippet: undocumented(
      plain((conversation, { world }) =>
        snippetOf(newestMessages(world.origin, conversation, { offset: 0, count: 1 })[0]),
      ),
    ),
    link: undocumented(plain(linkOf)),
    participants: people,
    senders: undocumented(people),
    former_participants: undocumented(plain(() => ({ data: [] }))),
    can_reply: undocumented(plain(() => true)),
    is_subscribed: undocumented(plain(() => true)),
    is_owner: plain(() => true),
    folder: undocumented(plain(() => 'inbox')),
    scoped_thread_key: undocumented(plain(({ id }) => id)),
    name: plain(() => undefined),
    wallpaper: plain(() => undefined),
    linked_group: plain(() => undefined),
    messages: nestedMessages,
  },
};

/** In lists Facebook shows less when no fields are named, and least when one person's thread is asked for. */
export const LISTED_CONVERSATION: NodeType<Conversation> = { ...CONVERSATION, defaults: ['id', 'updated_time'] };
export const PERSONS_CONVERSATION: NodeType<Conversation> = { ...CONVERSATION, defaults: ['id'] };

/** A field of which nobody has said that Instagram's conversations have it. */
function undocumented(make: (field: Field) => Part<Conversation>): (field: Field) => Part<Conversation> {
  return (field) => {
    const render = make(field);
    return (conversation, view) => (lacksFields(conversation, view.rules) ? undefined : render(conversation, view));
  };
}

function toPeopleJson(conversation: Conversation): readonly JsonObject[] | undefined {
  return participantsOf(conversation)?.map((person) => toPersonJson(person, conversation.platform));
}

function nestedMessages(field: Field): Part<Conversation> {
  const shape = compileMessageShape(field.children);
  const { limit, after, before } = field.modifiers;
  return (conversation, view) => {
    if (messageCount(conversation) === 0) return undefined;
    const window = { limit: readMessagesLimit(limit, view.rules), after, before, twist: view.nestedTwist };
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
