/** Answers reads of single things by their id, alone or several at once. */
import { answerOf, conversationWriter } from './answer.ts';
import { priceOf } from './answer-conversations.ts';
import { authorise } from './authorise.ts';
import { nestedMessages, readFields } from './fields.ts';
import { readIncoming } from './incoming.ts';
import { messageOffset } from './messages.ts';
import { invalidParameter, missingObject, tooMuchData, unreadableMessage } from './refusals.ts';
import { CONVERSATION } from './shape-conversation.ts';
import { MESSAGE, toAttachmentsJson } from './shape-message.ts';
import { PAGE, USER } from './shape-page.ts';
import { compileShape } from './shape.ts';
import { findTarget } from './targets.ts';
import type { Answer, Question } from './answer.ts';
import type { Json } from './json.ts';
import type { Page } from './model.ts';
import type { Rules } from './options.ts';
import type { PlacedMessage } from './shape-message.ts';
import type { Target } from './targets.ts';

const MOST_IDS = 50;

export function answerPage({ incoming, view }: Question, page: Page): Answer {
  return answerOf(compileShape(PAGE, readFields(incoming.parameters['fields']))(page, view));
}

export function answerMe({ incoming, view, world }: Question): Answer {
  return answerOf(compileShape(USER, readFields(incoming.parameters['fields']))({ id: world.userId }, view));
}

export function answerConversation(
  question: Question,
  { conversation }: Extract<Target, { kind: 'conversation' | 'messages' }>,
): Answer {
  const { incoming, rules } = question;
  const fields = readFields(incoming.parameters['fields']);
  const perConversation = nestedMessages(fields, { fallback: 25, cap: rules.messagesCap });
  if (perConversation > rules.tooMuchData) throw tooMuchData();
  return answerOf(conversationWriter(question, CONVERSATION)(conversation), priceOf(1, perConversation));
}

/** A message past the readable ones answers that it is deleted, which it is not. */
export function answerMessage({ incoming, rules, view }: Question, placed: PlacedMessage): Answer {
  const shape = compileShape(MESSAGE, readFields(incoming.parameters['fields']));
  if (!isReadable(placed, rules)) throw unreadableMessage();
  return answerOf(shape(placed, view));
}

export function answerAttachments({ incoming, rules, view }: Question, placed: PlacedMessage): Answer {
  if (!isReadable(placed, rules)) throw unreadableMessage();
  return answerOf(toAttachmentsJson(placed, view, incoming.parameters['after']));
}

function isReadable({ conversation, message }: PlacedMessage, { readableMessages }: Rules): boolean {
  return (messageOffset(conversation, message.ordinal) ?? 0) < readableMessages[conversation.platform];
}

/** An object keyed by id. One bad id fails the whole call. */
export function answerIds(question: Question, ids: readonly string[]): Answer {
  if (ids.length > MOST_IDS) throw invalidParameter(`Too many IDs. Maximum: ${MOST_IDS}. Provided: ${ids.length}.`);
  const body: Record<string, Json> = {};
  let light = 0;
  let full = 0;
  for (const id of ids) {
    const answer = answerOne(question, id);
    body[id] = answer.body;
    light += answer.light;
    full += answer.full;
  }
  return answerOf(body, { light, full });
}

function answerOne(question: Question, id: string): Answer {
  const { incoming, world, caller } = question;
  const request = { method: 'GET', target: `/${encodeURIComponent(id)}`, arrivedMs: incoming.arrivedMs };
  const target = findTarget(readIncoming(request, {}, { token: incoming.token }), world);
  authorise(caller, target, world);
  switch (target.kind) {
    case 'page':
      return answerPage(question, target.page);
    case 'conversation':
      return answerConversation(question, target);
    case 'message':
      return answerMessage(question, target);
    default:
      throw missingObject(id);
  }
}
