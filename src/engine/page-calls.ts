/**
 * Calls to Facebook: on behalf of a run with the Page's token, within its budget, and those of no Page. One budget
 * and one pool per Page and platform live as long as the process, however many runs draw on them, and one pool of
 * the app; a parked pool lets no call out (I7).
 */
import { type Budget, createBudget } from '../core/budget.ts';
import type { Page } from '../core/model.ts';
import type { CallGate, CallPools, Clock, ConversationSource, SourceUse } from '../core/ports.ts';
import type { BegunRun, Lease } from '../core/store-ports.ts';
import { fillOf, type Quiet, quietsOf } from '../core/quota.ts';
import type { GraphClient } from '../graph/call.ts';
import { createLookLimit } from '../graph/look-limit.ts';
import { openPageSource } from '../graph/page-source.ts';
import { findParkedApp, parkApp, parkPage } from '../store/call-pools.ts';
import { openToken } from '../store/pages.ts';
import type { Store } from '../store/open-store.ts';
import { createRememberedPool, type RememberedPool } from './remembered-pool.ts';

export interface PageCallsParts {
  readonly store: Store;
  readonly client: GraphClient;
  readonly clock: Clock;
  /** Per Page and platform. */
  readonly callsPerSecond: number;
}

export interface PageCalls {
  readonly openSource: (page: Page, run: BegunRun, use: SourceUse) => Promise<ConversationSource>;
  readonly pools: CallPools;
  /** For calls that belong to no Page: whoever asks is there and waiting, so a parked app turns them away at once. */
  readonly appGate: CallGate;
}

interface GateParts {
  readonly enter: CallGate['enter'];
  /** The pool of the Page whose calls these are. Default: they are of no Page. */
  readonly own?: RememberedPool;
  readonly tell?: (quiet: Quiet) => void;
}

export function createPageCalls({ store, client, clock, callsPerSecond }: PageCallsParts): PageCalls {
  const { database } = store;
  const app = createRememberedPool(clock, (quiet) => parkApp(database, quiet));
  const pagePools = new Map<string, RememberedPool>();
  const budgets = new Map<string, Budget>();
  const lookLimit = createLookLimit();

  function poolOf(lease: Lease): RememberedPool {
    const key = toKey(lease);
    const pool = pagePools.get(key) ?? createRememberedPool(clock, (quiet) => parkPage(database, lease, quiet));
    pagePools.set(key, pool);
    return pool;
  }

  function openBudget({ facebookPageId }: Page, { lease, lastCallAgoMs }: BegunRun): Budget {
    const key = toKey(lease);
    const subject = `Page ${facebookPageId} (${lease.platform})`;
    const pools = [app, poolOf(lease)];
    const budget = budgets.get(key) ?? createBudget({ clock, callsPerSecond, pools, subject });
    budgets.set(key, budget);
    if (lastCallAgoMs !== undefined) budget.noteCallsElsewhere(clock.now() - lastCallAgoMs);
    return budget;
  }

  function toGate({ enter, own, tell }: GateParts): CallGate {
    const gate: CallGate = {
      enter,
      async park(quiet) {
        tell?.(quiet);
        await (quiet.scope === 'app' ? app : own)?.parkAndRemember(quiet);
      },
      async noteUsage(usages) {
        app.noteFill(fillOf(usages, 'app'));
        own?.noteFill(fillOf(usages, 'page'));
        for (const quiet of quietsOf(usages)) await gate.park(quiet);
      },
    };
    return gate;
  }

  const ofNoPage = createBudget({ clock, callsPerSecond, pools: [app], subject: 'an access token', patienceMs: 0 });

  return {
    async openSource(page, run, { emit, deadline }) {
      const budget = openBudget(page, run);
      return openPageSource({
        client,
        facebookPageId: page.facebookPageId,
        instagramAccountId: page.instagramAccountId,
        platform: run.lease.platform,
        token: await openToken(store, page, run.storedToken),
        lookLimit,
        gate: toGate({
          enter: (signal, options) => budget.enter(signal, { ...options, endsAt: deadline.at }),
          own: poolOf(run.lease),
          tell: ({ ms, reason }) => emit({ type: 'call-delayed', waitMs: ms, reason }),
        }),
        onProblem: ({ subject, conversationId, id, index, reason }) =>
          emit({ type: 'item-unreadable', subject, conversationId, itemId: id, index, reason }),
      });
    },

    pools: {
      heed(lease, parked) {
        for (const quiet of parked) (quiet.scope === 'app' ? app : poolOf(lease)).park(quiet);
      },
      fill: (lease) => Math.max(app.fill(), poolOf(lease).fill()),
    },

    appGate: toGate({
      async enter(signal, options) {
        // No run has begun that would have told what other processes know.
        for (const quiet of await findParkedApp(database)) app.park(quiet);
        return ofNoPage.enter(signal, options);
      },
    }),
  };
}

function toKey({ pageId, platform }: Lease): string {
  return `${pageId} ${platform}`;
}
