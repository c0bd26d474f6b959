/**
 * One Page's conversations at Facebook, as the sync knows them. Says in Graph's words what the sync wants, and in the
 * sync's words what Facebook shows; it decides nothing about what to fetch.
 */
import { GraphError, isGraphError, isOwnFault, isRefusal } from '../core/errors.ts';
import type { Instant, JsonValue, Platform } from '../core/model.ts';
import type { ConversationSource } from '../core/ports.ts';
import type { Caller, GraphClient, GraphRequest, GraphResponse, Send } from './call.ts';
import { parseConversation, toConversationFields } from './conversations.ts';
import { BARE_MESSAGE_FIELDS, MESSAGE_FIELDS, parseMessage } from './messages.ts';
import { SAFE_PAGE_SIZE } from './max-page-size.ts';
import { fetchInstagramAccount } from './pages.ts';
import { type ItemProblem, parseItems, parseList } from './paging.ts';
import { askAsFarAsReadable, asTooFarBack, READABLE_MESSAGES } from './readable-messages.ts';
import { toSelf } from './self.ts';
import { OddItem } from './shapes.ts';

const INSTAGRAM_PERMISSIONS = ['instagram_basic', 'instagram_manage_messages'];

export interface PageSourceOptions extends Caller {
  readonly client: Pick<GraphClient, 'open'>;
  readonly facebookPageId: string;
  /** Needed to tell sent from received on Instagram; without it such directions stay unknown. */
  readonly instagramAccountId?: string | undefined;
  readonly platform: Platform;
  /** Told of every conversation or message in an answer that could not be read (I12). */
  readonly onProblem: (problem: ItemProblem) => void;
}

export interface PageSource extends ConversationSource {
  /** The account that the Page has now; `hidden` when Facebook does not show it to the token. One call. */
  findInstagramAccount(): ReturnType<typeof fetchInstagramAccount>;
}

export function openPageSource(options: PageSourceOptions): PageSource {
  const { client, token, limits, onCall, facebookPageId, instagramAccountId, platform, onProblem } = options;
  const self = toSelf({ facebookPageId, instagramAccountId, platform });
  const page = `Page ${facebookPageId} (${platform})`;
  const mostNested = Math.min(SAFE_PAGE_SIZE, READABLE_MESSAGES[platform]);
  let calls = 0;
  const send = client.open({
    token,
    limits,
    ownQuotas: { objectIds: self.ids, useCases: [platform] },
    onCall(call) {
      calls += 1;
      onCall?.(call);
    },
  });

  function readConversation(value: JsonValue, messages: number) {
    return parseConversation(value, { self, isNested: messages > 0, onProblem });
  }

  function toFields(messages: number): string {
    return toConversationFields(platform, Math.min(mostNested, messages));
  }

  return {
    async listConversations({ limit, after, messages, since, priority }, signal) {
      const subject = `the conversations of ${page}`;
      const isLight = messages === 0;
      const request: GraphRequest = {
        kind: isLight ? 'light' : 'nested',
        path: [facebookPageId, 'conversations'],
        params: { platform, fields: toFields(messages) },
        list: { limit: isLight ? limit : clamp(limit), after },
        subject,
        priority,
        signal,
      };
      const { body, servedAt, isSinceRefused } = await sendWithSince(send, request, since).catch((refusal: unknown) => {
        const error = asPageTrouble(isLight ? refusal : asTooFarBack(refusal), page);
        throw asPlatformTrouble(isLight && after === undefined ? asLastingRefusal(error) : error, platform);
      });
      const list = parseList({ body, sentAfter: after, subject });
      const parse = (item: JsonValue) => readConversation(item, messages);
      const items = parseItems({ items: list.items, parse, subject, onProblem });
      return { items, after: list.after, servedAt, isSinceRefused };
    },

    async fetchConversation({ conversationId, messages }, signal) {
      const subject = `conversation ${conversationId} of ${page}`;
      const params = { fields: toFields(messages) };
      try {
        const kind = messages === 0 ? 'probe' : 'single';
        const { body } = await send({ kind, path: [conversationId], params, subject, signal });
        return readConversation(body, messages);
      } catch (refusal) {
        const error = asPlatformTrouble(messages === 0 ? refusal : asTooFarBack(refusal), platform);
        if (isGraphError(error, 'missing')) return undefined;
        if (!(error instanceof OddItem)) throw error;
        throw new GraphError('GRAPH_ERROR', `Facebook's answer for ${subject} cannot be used: ${error.message}.`, {
          kind: 'invalid',
        });
      }
    },

    async findConversation({ contactId, messages }, signal) {
      const subject = `the conversation of ${page} with ${contactId}`;
      const params = { platform, user_id: contactId, fields: toFields(messages) };
      const path = [facebookPageId, 'conversations'];
      const { body } = await send({ kind: 'single', path, params, subject, signal }).catch((refusal: unknown) => {
        throw asPlatformTrouble(asPageTrouble(asTooFarBack(refusal), page), platform);
      });
      const list = parseList({ body, sentAfter: undefined, subject });
      const parse = (item: JsonValue) => readConversation(item, messages);
      return parseItems({ items: list.items, parse, subject, onProblem })[0];
    },

    async listMessages({ conversationId, limit, after }, signal) {
      const subject = `the messages of conversation ${conversationId} of ${page}`;
      const ask = async (fields: string, most: number) => {
        const { body } = await send({
          kind: 'messages',
          path: [conversationId, 'messages'],
          params: { fields },
          list: { limit: clamp(most), after },
          subject,
          signal,
        }).catch((error: unknown) => {
          throw asPlatformTrouble(asTooFarBack(error), platform);
        });
        return parseList({ body, sentAfter: after, subject });
      };
      const onRefused = (reason: string) => onProblem({ subject, index: 0, id: undefined, conversationId, reason });
      const list = await askAsFarAsReadable({ platform, ask, fields: MESSAGE_FIELDS[platform], limit, onRefused });
      const parse = (item: JsonValue) => parseMessage(item, self);
      return { items: parseItems({ items: list.items, parse, subject, conversationId, onProblem }), after: list.after };
    },

    async showsMessage(messageId, signal) {
      const subject = `message ${messageId} of ${page}`;
      try {
        await send({ kind: 'probe', path: [messageId], params: { fields: BARE_MESSAGE_FIELDS }, subject, signal });
        return true;
      } catch (refusal) {
        const error = asPlatformTrouble(refusal, platform);
        if (isGraphError(error, 'missing')) return false;
        throw error;
      }
    },

    readableMessages: READABLE_MESSAGES[platform],
    findInstagramAccount: () => fetchInstagramAccount(send, facebookPageId),
    callCount: () => calls,
  };
}

function clamp(items: number): number {
  return Math.min(SAFE_PAGE_SIZE, items);
}

interface ListResponse extends GraphResponse {
  readonly isSinceRefused?: boolean;
}

/** The hint is no part of the documented list: a request that is refused with it is made again without it. */
async function sendWithSince(send: Send, request: GraphRequest, since: Instant | undefined): Promise<ListResponse> {
  if (since === undefined) return send(request);
  try {
    // Rounded down to the second, so that the hint never cuts off what it should bring.
    return await send({ ...request, params: { ...request.params, since: Math.floor(since / 1000) } });
  } catch (error) {
    if (!isRefusal(error, 'invalid')) throw error;
    return { ...(await send(request)), isSinceRefused: true };
  }
}

/**
 * A refusal of what is asked for, at the head of a list without messages, where no cursor and no conversation could be
 * the reason. It comes again until somebody changes something, so it is no sign of a busy Page, which may be refused
 * with a fault of Facebook's own.
 */
function asLastingRefusal(error: unknown): unknown {
  if (!isRefusal(error, 'invalid') || error.graphCode === undefined || isOwnFault(error)) return error;
  const { message, usage, graphCode, graphSubcode, httpStatus } = error;
  const details = { kind: 'invalid', usage, graphCode, graphSubcode, httpStatus, cause: error } as const;
  return new GraphError('REQUEST_REFUSED', message, details);
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

/** What Instagram asks for, in so many words: Facebook's own do not always name it. */
function asPlatformTrouble(error: unknown, platform: Platform): unknown {
  if (platform !== 'instagram' || !isGraphError(error, 'permission')) return error;
  const advice = INSTAGRAM_PERMISSIONS.some((name) => error.message.includes(name))
    ? 'Only Instagram is concerned.'
    : `Only Instagram is concerned, which needs the permissions ${INSTAGRAM_PERMISSIONS.join(' and ')}.`;
  return new GraphError(error.code, `${error.message} ${advice}`, {
    kind: 'permission',
    usage: error.usage,
    graphCode: error.graphCode,
    graphSubcode: error.graphSubcode,
    httpStatus: error.httpStatus,
    cause: error,
  });
}
