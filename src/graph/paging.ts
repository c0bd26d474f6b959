/**
 * Facebook's lists, one answer at a time. A list goes on only when the answer has a `next` link, but that link is
 * never followed or kept: it holds the token. Where to go on is taken from the cursor, or from its position parameters.
 */
import { GraphError } from '../core/errors.ts';
import { HEAD_CURSOR } from '../core/list-pages.ts';
import type { CursorPage, JsonValue } from '../core/model.ts';
import type { GraphParams } from './call.ts';
import { isObject, type Maybe, OddItem, toId } from './shapes.ts';

/** Marks a cursor of ours that holds position parameters, which Facebook's cursors never begin with: none, for the head. */
const POSITION_MARK = HEAD_CURSOR;
/** What places an answer in lists that have no cursors, as they were until 2017. */
const POSITION_PARAMS = new Set(['after', 'until', 'since', '__paging_token', 'offset']);

export interface ListInput {
  readonly body: Maybe;
  /** The cursor that was sent, to see a list that turns in a circle. */
  readonly sentAfter: string | undefined;
  /** For messages, e.g. `the conversations of Page 1001`. */
  readonly subject: string;
}

/**
 * One answer of a list. Items may be empty although the list goes on. Throws a GraphError when the answer is no list,
 * or goes on nowhere: taking that for the end would lose what follows.
 */
export function parseList({ body, sentAfter, subject }: ListInput): CursorPage<JsonValue> {
  if (!isObject(body) || !Array.isArray(body['data'])) {
    throw new GraphError('GRAPH_ERROR', `Facebook's answer for ${subject} holds no list.`, { kind: 'transient' });
  }
  const after = toNextCursor(body['paging']);
  if (after === HEAD_CURSOR) {
    throw new GraphError('GRAPH_ERROR', `Facebook has more of ${subject}, but does not say where it goes on.`, {
      kind: 'invalid',
    });
  }
  if (after !== undefined && after === sentAfter) {
    const message = `Facebook repeats the same cursor for ${subject}; following it would never end. Try again later.`;
    throw new GraphError('GRAPH_ERROR', message, { kind: 'invalid' });
  }
  return { items: body['data'], after };
}

/** The cursor of what follows; undefined at the end, HEAD_CURSOR when there is more but no position. */
export function toNextCursor(paging: Maybe): string | undefined {
  if (!isObject(paging) || typeof paging['next'] !== 'string' || paging['next'] === '') return undefined;
  const cursors = paging['cursors'];
  const after = isObject(cursors) ? toId(cursors['after']) : undefined;
  return after ?? toPositionCursor(paging['next']);
}

function toPositionCursor(next: string): string {
  const given = new URLSearchParams(next.slice(next.indexOf('?') + 1));
  const position = [...given].filter(([name]) => POSITION_PARAMS.has(name));
  return `${POSITION_MARK}${new URLSearchParams(position).toString()}`;
}

/** The parameters that ask for what follows a cursor. */
export function toCursorParams(after: string | undefined): GraphParams {
  if (after?.startsWith(POSITION_MARK)) return Object.fromEntries(new URLSearchParams(after));
  return { after };
}

/** An item of a list that could not be stored. */
export interface ItemProblem {
  /** The list it was in, e.g. `the conversations of Page 1001`. */
  readonly subject: string;
  /** Its place in the answer, from 0. */
  readonly index: number;
  /** Its id, when it has one. */
  readonly id: string | undefined;
  /** The conversation it belongs to or is, when that is known. */
  readonly conversationId: string | undefined;
  readonly reason: string;
}

export interface ParseItems<T> {
  readonly items: readonly JsonValue[];
  readonly parse: (item: JsonValue) => T;
  readonly subject: string;
  /** The conversation that the items are messages of; undefined when they are conversations. */
  readonly conversationId?: string | undefined;
  readonly onProblem: (problem: ItemProblem) => void;
}

/** Parses each item by itself: an odd one is reported and left out, the others go on. */
export function parseItems<T>({ items, parse, subject, conversationId, onProblem }: ParseItems<T>): T[] {
  const parsed: T[] = [];
  for (const [index, item] of items.entries()) {
    try {
      parsed.push(parse(item));
    } catch (error) {
      if (!(error instanceof OddItem)) throw error;
      const id = isObject(item) ? toId(item['id']) : undefined;
      onProblem({ subject, index, id, conversationId: conversationId ?? id, reason: error.message });
    }
  }
  return parsed;
}
