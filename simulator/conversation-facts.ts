/** What follows from a conversation and is shown with it. Shared by the answers and the truth; decides nothing else. */
import type { Conversation, Message, Person } from './model.ts';
import type { Rules } from './options.ts';

const SNIPPET_LENGTH = 100;

/** What the thread list shows of the newest message. */
export function snippetOf(message: Message | undefined): string | undefined {
  if (message === undefined) return undefined;
  const who = message.from?.name ?? 'Facebook user';
  if (message.sticker !== undefined) return `${who} sent a sticker.`;
  if (message.attachments.length > 0 && message.text === undefined) return `${who} sent an attachment.`;
  const text = message.text ?? '';
  // A cut must not leave half of an emoji behind.
  return text.length <= SNIPPET_LENGTH ? text : text.slice(0, SNIPPET_LENGTH).replace(/[\uD800-\uDBFF]$/, '');
}

/** Whether a conversation has only the fields that Instagram is documented to have. */
export function lacksFields({ platform }: Conversation, rules: Rules): boolean {
  return platform === 'instagram' && rules.instagram.fields === 'documented';
}

export function linkOf(conversation: Conversation): string {
  return `/${conversation.page.id}/inbox/${conversation.inboxNumber}/`;
}

/** Customer first, then the Page, as in every recording. */
export function participantsOf(conversation: Conversation): readonly Person[] | undefined {
  switch (conversation.oddity) {
    case 'no-participants':
      return undefined;
    case 'page-only':
      return [conversation.account];
    default:
      return [conversation.customer, conversation.account];
  }
}
