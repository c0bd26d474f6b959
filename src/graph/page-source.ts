/**
 * One Page's conversations at Facebook, as the sync knows them. Says in Graph's words what the sync wants, and in the
 * sync's words what Facebook shows; it decides nothing about what to fetch.
 */
import { GraphError, isGraphError } from '../core/errors.ts';
import type { Instant, JsonValue, Platform } from '../core/model.ts';
import type { CallGate, CallKind, ConversationSource } from '../core/ports.ts';
import type { Secret } from '../lib/secret.ts';
import type { CallReport, GraphClient, GraphParams } from './call.ts';
import { parseConversation, toConversationFields } from './conversations.ts';
import { MESSAGE_FIELDS, parseMessage } from './messages.ts';
import { createLookLimit, type LookLimit, SAFE_LIMIT } from './look-limit.ts';
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
  /** What is known of the size of lists, shared by all Pages. Default: nothing. */
  readonly lookLimit?: LookLimit | undefined;
  /** Told of every call when it has ended. */
  readonly onCall?: ((report: CallReport) => void) | undefined;
  /** Told of every conversation or message in an answer that could not be read (I12). */
  readonly onProblem: (problem: ItemProblem) => void;
}

interface Asked {
  readonly kind: CallKind;
  readonly path: readonly string[];
  readonly params: GraphParams;
  readonly subject: string;
  readonly goesFirst?: boolean;
}

export function openPageSource(options: PageSourceOptions): ConversationSource {
  const { client, facebookPageId, instagramAccountId, platform, token, gate, onCall, onProblem } = options;
  const lookLimit = options.lookLimit ?? createLookLimit();
  const self = toSelf({ facebookPageId, instagramAccountId, platform });
  const page = `Page ${facebookPageId} (${platform})`;
  const send = withSilenceLimit((request) => client.get(request));
  const calls: Record<CallKind, number> = { light: 0, nested: 0, single: 0, look: 0, messages: 0 };

  async function get({ kind, ...asked }: Asked, signal?: AbortSignal) {
    let tookMs: number | undefined;
    const countCall = (report: CallReport) => {
      calls[kind] += 1;
      tookMs = report.durationMs;
      onCall?.(report);
    };
    const answer = await send({ ...asked, token, gate, signal, onCall: countCall });
    return { ...answer, tookMs };
  }

  function readConversation(value: JsonValue, messages: number) {
    return parseConversation(value, { self, isNested: messages > 0, onProblem });
  }

  return {
    async listConversations({ limit, after, messages, since, goesFirst = false }, signal) {
      const subject = `the conversations of ${page}`;
      const ask = (most: number) => {
        const params = {
          platform,
          fields: toConversationFields(clamp(messages)),
          limit: most,
          ...toSinceParam(since),
          ...toCursorParams(after),
        };
        const kind = messages === 0 ? 'light' : 'nested';
        return get({ kind, path: [facebookPageId, 'conversations'], params, subject, goesFirst }, signal);
      };
      const asked = messages === 0 ? lookLimit.list({ limit, after }, ask) : ask(clamp(limit));
      const { body, servedAt, tookMs } = await asked.catch((error: unknown) => {
        throw asPageTrouble(error, page);
      });
      const list = parseList({ body, sentAfter: after, subject });
      const parse = (item: JsonValue) => readConversation(item, messages);
      const items = parseItems({ items: list.items, parse, subject, onProblem });
      return { items, after: list.after, servedAt, tookMs };
    },

    async fetchConversation({ conversationId, messages }, signal) {
      const subject = `conversation ${conversationId} of ${page}`;
      const params = { fields: toConversationFields(clamp(messages)) };
      try {
        const kind = messages === 0 ? 'look' : 'single';
        const { body } = await get({ kind, path: [conversationId], params, subject }, signal);
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
      const { body } = await get({ kind: 'messages', path: [conversationId, 'messages'], params, subject }, signal);
      const list = parseList({ body, sentAfter: after, subject });
      const parse = (item: JsonValue) => parseMessage(item, self);
      return { items: parseItems({ items: list.items, parse, subject, conversationId, onProblem }), after: list.after };
    },

    callCount: (kind) => (kind === undefined ? Object.values(calls).reduce((sum, count) => sum + count) : calls[kind]),
  };
}

function clamp(items: number): number {
  return Math.min(SAFE_LIMIT, items);
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
