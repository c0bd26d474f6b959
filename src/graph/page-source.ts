/**
 * One Page's conversations at Facebook, as the sync knows them. Says in Graph's words what the sync wants, and in the
 * sync's words what Facebook shows; it decides nothing about what to fetch.
 */
import { GraphError, isGraphError } from '../core/errors.ts';
import type { Instant, JsonValue, Platform } from '../core/model.ts';
import type { CallGate, ConversationSource } from '../core/ports.ts';
import type { Secret } from '../lib/secret.ts';
import type { CallReport, GraphClient, GraphParams, GraphRequest } from './call.ts';
import { parseConversation, toConversationFields } from './conversations.ts';
import { MESSAGE_FIELDS, parseMessage } from './messages.ts';
import { type ItemProblem, parseItems, parseList, toCursorParams } from './paging.ts';
import { toSelf } from './self.ts';
import { withSilenceLimit } from './silence.ts';
import { OddItem } from './shapes.ts';

export interface PageSourceOptions {
  readonly client: GraphClient;
  readonly facebookPageId: string;
  /** Needed to tell sent from received on Instagram; without it such directions stay unknown. */
  readonly instagramAccountId?: string | undefined;
  readonly platform: Platform;
  readonly token: Secret;
  readonly gate: CallGate;
  /** Told of every call when it has ended. */
  readonly onCall?: ((report: CallReport) => void) | undefined;
  /** Told of every conversation or message in an answer that could not be read (I12). */
  readonly onProblem: (problem: ItemProblem) => void;
}

/** Facebook's documented programs ask for up to this much; larger limits are refused or cut. */
const MOST_ITEMS = 100;

export function openPageSource(options: PageSourceOptions): ConversationSource {
  const { client, facebookPageId, instagramAccountId, platform, token, gate, onCall, onProblem } = options;
  const self = toSelf({ facebookPageId, instagramAccountId, platform });
  const page = `Page ${facebookPageId} (${platform})`;
  const send = withSilenceLimit((request) => client.get(request));
  let calls = 0;

  type Asked = Pick<GraphRequest, 'path' | 'params' | 'subject' | 'mayShare'>;
  function get(asked: Asked, signal?: AbortSignal) {
    const countCall = (report: CallReport) => {
      calls += 1;
      onCall?.(report);
    };
    return send({ ...asked, token, gate, signal, onCall: countCall });
  }

  function readConversation(value: JsonValue, messages: number) {
    return parseConversation(value, { self, isNested: messages > 0, onProblem });
  }

  return {
    async listConversations({ limit, after, messages, since }, signal) {
      const subject = `the conversations of ${page}`;
      const params = {
        platform,
        fields: toConversationFields(clamp(messages)),
        limit: clamp(limit),
        ...toSinceParam(since),
        ...toCursorParams(after),
      };
      // The first look of a run is small, quick and the same for all Pages; everything after it is of a size of its own.
      const mayShare = calls === 0 && after === undefined && messages === 0;
      const asked = { path: [facebookPageId, 'conversations'], params, subject, mayShare };
      const { body, servedAt } = await get(asked, signal).catch((error: unknown) => {
        throw asPageTrouble(error, page);
      });
      const list = parseList({ body, sentAfter: after, subject });
      const parse = (item: JsonValue) => readConversation(item, messages);
      return { items: parseItems({ items: list.items, parse, subject, onProblem }), after: list.after, servedAt };
    },

    async fetchConversation({ conversationId, messages }, signal) {
      const subject = `conversation ${conversationId} of ${page}`;
      const params = { fields: toConversationFields(clamp(messages)) };
      try {
        const { body } = await get({ path: [conversationId], params, subject }, signal);
        return readConversation(body, messages);
      } catch (error) {
        if (isGraphError(error, 'missing')) return undefined;
        if (!(error instanceof OddItem)) throw error;
        throw new GraphError('GRAPH_ERROR', `Facebook's answer for ${subject} cannot be used: ${error.message}.`, {
          kind: 'invalid',
        });
      }
    },

    async listMessages({ conversationId, limit, after }, signal) {
      const subject = `the messages of conversation ${conversationId} of ${page}`;
      const params = { fields: MESSAGE_FIELDS, limit: clamp(limit), ...toCursorParams(after) };
      const { body } = await get({ path: [conversationId, 'messages'], params, subject }, signal);
      const list = parseList({ body, sentAfter: after, subject });
      const parse = (item: JsonValue) => parseMessage(item, self);
      return { items: parseItems({ items: list.items, parse, subject, conversationId, onProblem }), after: list.after };
    },

    callCount: () => calls,
  };
}

function clamp(items: number): number {
  return Math.min(MOST_ITEMS, items);
}

/** Rounded down to the second, so that the hint never cuts off what it should bring. */
function toSinceParam(since: Instant | undefined): GraphParams {
  return since === undefined ? {} : { since: Math.floor(since / 1000) };
}

/** A Page that is not shown to its own token is not a missing conversation: the token may not see it. */
function asPageTrouble(error: unknown, page: string): unknown {
  if (!isGraphError(error, 'missing')) return error;
  return new GraphError('PERMISSION_MISSING', `Facebook does not show ${page} to its token. ${error.message}`, {
    kind: 'permission',
    graphCode: error.graphCode,
    graphSubcode: error.graphSubcode,
    httpStatus: error.httpStatus,
    cause: error,
  });
}
