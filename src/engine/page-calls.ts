/**
 * Calls to Facebook: on behalf of a run with the Page's token, and those of no Page. Each is made within its limits,
 * and each is told as an event.
 */
import type { CallReport, EngineEventSink } from '../core/events.ts';
import { createLimits } from '../core/limits/call-limits.ts';
import type { Page, Platform } from '../core/model.ts';
import type { Clock, ConversationSource, Quotas, SourceUse } from '../core/ports.ts';
import type { BegunRun } from '../core/store-ports.ts';
import type { GraphClient, Send } from '../graph/call.ts';
import { openPageSource, type PageSourceOptions } from '../graph/page-source.ts';
import type { Secret } from '../lib/secret.ts';
import { findCooldownOfApp, findPace, noteCall, saveCooldownOfApp, saveCooldownOfPage } from '../store/cooldowns.ts';
import { openToken } from '../store/pages.ts';
import type { Store } from '../store/open-store.ts';
import { refreshInstagramAccount } from './instagram-account.ts';

export interface PageCallsParts {
  readonly store: Store;
  readonly client: GraphClient;
  readonly clock: Clock;
  /** Of each channel. */
  readonly callsPerSecond: number;
  readonly onEvent: EngineEventSink;
}

export interface PageCalls {
  readonly openSource: (page: Page, run: BegunRun, use: SourceUse) => Promise<ConversationSource>;
  readonly quotas: Quotas;
  /** For calls that belong to no Page. */
  readonly openCaller: (token: Secret) => Send;
  /** Whether a token may read the conversations of a channel: rejects when it may not, or when that cannot be found out. */
  readonly look: (page: Pick<Page, 'id' | 'facebookPageId'>, platform: Platform, token: Secret) => Promise<void>;
}

export function createPageCalls({ store, client, clock, callsPerSecond, onEvent }: PageCallsParts): PageCalls {
  const { database } = store;
  const limits = createLimits({
    clock,
    callsPerSecond,
    store: {
      saveOfApp: (cooldown) => saveCooldownOfApp(database, cooldown),
      saveOfPage: (lease, cooldown) => saveCooldownOfPage(database, lease, cooldown),
      findOfApp: () => findCooldownOfApp(database),
    },
  });

  return {
    async openSource(page, run, { emit, deadline }) {
      const { facebookPageId, instagramAccountId } = page;
      const { pageId, platform } = run.lease;
      const options: PageSourceOptions = {
        client,
        facebookPageId,
        instagramAccountId,
        platform,
        token: await openToken(store, page, run.storedToken),
        limits: limits.ofRun({
          run,
          subject: `Page ${facebookPageId} (${platform})`,
          deadline,
          onCooldown: ({ ms, reason }) => emit({ type: 'call-delayed', waitMs: ms, reason }),
        }),
        onCall: (call) => emit({ type: 'call-finished', channel: { pageId, platform }, ...call }),
        onProblem: ({ subject, conversationId, id, index, reason }) =>
          emit({ type: 'item-unreadable', subject, conversationId, itemId: id, index, reason }),
      };
      const source = openPageSource(options);
      const current = await refreshInstagramAccount(database, { page, platform, mode: run.mode, source });
      const isOther = platform === 'instagram' && current !== instagramAccountId;
      return isOther ? openPageSource({ ...options, instagramAccountId: current }) : source;
    },
    quotas: limits.quotas,
    async look({ id, facebookPageId }, platform, token) {
      const channel = { pageId: id, platform };
      const pace = await findPace(database, channel);
      const source = openPageSource({
        client,
        facebookPageId,
        platform,
        token,
        limits: limits.ofLook({ ...pace, channel, subject: `Page ${facebookPageId} (${platform})` }),
        onCall: (call) => onEvent({ type: 'call-finished', channel, ...call }),
        // A run tells of what it cannot read; this only asks whether there is an answer.
        onProblem: () => {},
      });
      const request = { limit: 1, after: undefined, messages: 0, since: undefined } as const;
      await source.listConversations(request).finally(() => noteCall(database, channel));
    },
    openCaller: (token) =>
      client.open({
        token,
        limits: limits.ofNoPage,
        onCall: (call: CallReport) => onEvent({ type: 'call-finished', channel: undefined, ...call }),
      }),
  };
}
