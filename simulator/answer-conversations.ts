/** Answers lists of a Page's conversations, newest first, and lists of one conversation's messages. */
import { answerOf, conversationWriter, repeatedParameters } from './answer.ts';
import { nestedMessages, readFields, readLimit } from './fields.ts';
import { cutPage, toListJson } from './listing.ts';
import { compileMessageShape, messageListJson, readMessagesLimit } from './message-list.ts';
import { hash } from './random.ts';
import { Refusal, invalidParameter, noInstagramAccount, tooMuchData, usualMessage } from './refusals.ts';
import { LISTED_CONVERSATION, PERSONS_CONVERSATION } from './shape-conversation.ts';
import type { Answer, Question } from './answer.ts';
import type { ListSource } from './listing.ts';
import type { Conversation, Page, Platform } from './model.ts';

/** One in this many is hidden from a `lossy` filtered list. */
const LOST_ONE_IN = 5;

export function answerConversations(question: Question, page: Page, platform: Platform): Answer {
  const { incoming, rules, view } = question;
  const { parameters } = incoming;
  const fields = readFields(parameters['fields']);
  const perConversation = nestedMessages(fields, { fallback: 25, cap: rules.messagesCap });
  if (platform === 'instagram' && page.instagram === undefined) {
    if (rules.instagram.unlinked === 'refused') throw noInstagramAccount(page.id);
    return answerOf({ data: [] });
  }
  if (parameters['user_id'] !== undefined) {
    const write = conversationWriter(question, PERSONS_CONVERSATION);
    const conversation = page.conversationsByCustomer.get(parameters['user_id']);
    const isShown = conversation !== undefined && !conversation.deleted && conversation.platform === platform;
    return answerOf({ data: isShown ? [write(conversation)] : [] }, priceOf(isShown ? 1 : 0, perConversation));
  }
  if (page.listingFails) throw new Refusal({ code: 1, message: usualMessage(1) });
  const write = conversationWriter(question, LISTED_CONVERSATION);
  const limit = readLimit(parameters['limit'], { fallback: rules.pageSize, cap: rules.listCap });
  if (limit * perConversation > rules.tooMuchData) throw tooMuchData();

  const owner = `${page.id}/conversations`;
  const sinceAt = readSince(parameters['since']);
  const isFiltered = sinceAt !== undefined && rules.since !== 'ignored';
  const { items, paging } = cutPage({
    source: conversationSource({ page, platform, question, sinceAt: isFiltered ? sinceAt : undefined }),
    owner: `${owner}/${platform}`,
    limit,
    after: parameters['after'],
    before: parameters['before'],
    twist: question.twist,
    phantomNext: rules.phantomNext,
    deadCursorCode: rules.deadCursorCode,
    url: (cursor) =>
      `${view.root}/${owner}?access_token=${view.token}&pretty=0&limit=${limit}${repeatedParameters(incoming)}` +
      `&${new URLSearchParams(cursor)}`,
  });
  const isLossy = isFiltered && rules.since === 'lossy';
  const shown = isLossy ? items.filter((conversation) => !isLost(conversation, view.world.origin.seed)) : items;
  const data = shown.map(write);
  return answerOf(toListJson(data, paging), priceOf(shown.length, perConversation));
}

export function answerMessages(question: Question, conversation: Conversation): Answer {
  const { incoming, rules, view, twist } = question;
  const { parameters } = incoming;
  const limit = readMessagesLimit(parameters['limit'], rules);
  if (limit > rules.tooMuchData) throw tooMuchData();
  const body = messageListJson({
    conversation,
    view,
    shape: compileMessageShape(readFields(parameters['fields'])),
    window: { limit, after: parameters['after'], before: parameters['before'], twist },
    parameters: repeatedParameters(incoming),
  });
  return answerOf(body, { full: 1 });
}

/** What conversations cost, depending on whether messages came along. */
export function priceOf(count: number, perConversation: number): { light: number } | { full: number } {
  return perConversation === 0 ? { light: count } : { full: count };
}

function conversationSource(input: {
  page: Page;
  platform: Platform;
  question: Question;
  /** Hides what was updated before; undefined hides nothing. */
  sinceAt: number | undefined;
}): ListSource<Conversation> {
  const { page, platform, question, sinceAt } = input;
  const timeline = page.timelines[platform];
  const size = sinceAt === undefined ? timeline.size : timeline.offsetOf({ index: -1, updatedAt: sinceAt });
  return {
    size,
    slice: (offset, count) => timeline.slice(offset, Math.max(0, Math.min(count, size - offset))),
    standingOf: ({ index, updatedAt }) => ({ index, updatedAt }),
    find(standing) {
      const conversation = page.conversations[standing.index];
      if (conversation === undefined || conversation.deleted) return undefined;
      const place = question.rules.cursorFollows === 'item' ? conversation : standing;
      return { offset: timeline.offsetOf(place), isThere: place.updatedAt === conversation.updatedAt };
    },
  };
}

/** Unix seconds, or a date in any form JavaScript reads. */
function readSince(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const at = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(at)) throw invalidParameter('since should represent a valid timestamp');
  return at;
}

function isLost(conversation: Conversation, seed: number): boolean {
  return hash(seed, conversation.id, conversation.updatedAt) % LOST_ONE_IN === 0;
}
