/**
 * What is done with a Page: with all its channels at once, each under its own lease and within its own limits, or with
 * the one that is named. The answers of the channels become one.
 */
import type { HistoryRow } from '../api/history.ts';
import type { SyncAnswer } from '../api/sync.ts';
import type { VerifyAnswer, VerifyRequest } from '../api/verify.ts';
import { type ChannelOutcome, combineHistories, combineSyncs, combineVerifies } from '../api/views/combine-channels.ts';
import { toHistoryRowView } from '../api/views/history-view.ts';
import { toSyncView } from '../api/views/sync-view.ts';
import { toVerifyView } from '../api/views/verify-view.ts';
import { TidemarkError, toRecordedError, toTidemarkError } from '../core/errors.ts';
import type { Channel, Page, Platform } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import type { VerifyKind } from '../core/store-ports.ts';
import { must } from '../lib/must.ts';
import type { ChannelRuns, RunOptions, RunTarget } from '../runs/channel-runs.ts';
import type { Database } from '../store/connect.ts';
import { listOpenRetries } from '../store/retry-ledger.ts';
import { findRun } from '../store/runs.ts';

const EVERYTHING = '1970-01-01T00:00:00Z';

export interface PageActionsParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly channelRuns: ChannelRuns;
  /** Aborted when the engine is closed. */
  readonly signal: AbortSignal;
}

export interface PageOptions extends RunOptions {
  /** Only this channel. Default: all of the Page. */
  readonly platform?: Platform | undefined;
}

/** A verify that reads messages again stores what it reads. Throws INVALID_INPUT for `since` without `deep`. */
export function toKind({
  repair = false,
  deep = false,
  since,
}: Pick<VerifyRequest, 'repair' | 'deep' | 'since'>): VerifyKind {
  if (since !== undefined && !deep) {
    throw new TidemarkError('INVALID_INPUT', '`since` says how far back a deep verify reads: send `deep` with it.');
  }
  return { repairs: repair || deep, deepSince: deep ? Date.parse(since ?? EVERYTHING) : undefined };
}

export interface PageActions {
  sync(page: Page, options: PageOptions): Promise<SyncAnswer>;
  verify(page: Page, options: PageOptions & VerifyKind): Promise<VerifyAnswer>;
  /** Of these channels of the Page. */
  history(page: Page, channels: readonly Channel[], options: RunOptions): Promise<HistoryRow>;
}

export function createPageActions({ database, clock, channelRuns, signal }: PageActionsParts): PageActions {
  async function syncChannel(target: RunTarget, options: RunOptions) {
    const { page } = target;
    const runId = await channelRuns.sync(target, options);
    const run = await findRun(database, runId, page.id);
    if (run === undefined) {
      throw new TidemarkError('PAGE_NOT_FOUND', `Page ${page.facebookPageId} was removed while it was synced.`);
    }
    if (run.status === 'failed' || run.status === 'cancelled') {
      throw toRecordedError(run.errorCode, run.errorMessage ?? `Run ${runId} was ${run.status}.`);
    }
    // A complete walk with an empty ledger is what succeeded means.
    const openRetries = run.status === 'succeeded' ? [] : await listOpenRetries(database, run);
    return toSyncView(page, run, openRetries);
  }

  async function verifyChannel(target: RunTarget, options: RunOptions & VerifyKind) {
    const startedMs = clock.monotonicMs();
    const { report, ...end } = await channelRuns.verify(target, options);
    const durationMs = clock.monotonicMs() - startedMs;
    return toVerifyView(target.page, { ...end, ...report, repairs: options.repairs, durationMs });
  }

  async function historyOfChannel(target: RunTarget, options: RunOptions): Promise<HistoryRow> {
    const { page } = target;
    try {
      const runId = await channelRuns.history(target, options);
      return toHistoryRowView(page, runId === undefined ? undefined : await findRun(database, runId, page.id));
    } catch (error) {
      return toHistoryRowView(page, toTidemarkError(error));
    }
  }

  /** Side by side; none of them stops another. */
  async function eachChannel<Answer>(
    page: Page,
    platform: Platform | undefined,
    work: (target: RunTarget) => Promise<Answer>,
  ): Promise<readonly ChannelOutcome<Answer>[]> {
    signal.throwIfAborted();
    const startedMs = clock.monotonicMs();
    return Promise.all(
      requireChannels(page, platform).map(async ({ platform: own, lastSyncedAt }) => {
        const outcome = await work({ page, platform: own }).then(
          (answer) => ({ answer }),
          (error: unknown) => ({ error: toTidemarkError(error) }),
        );
        return { platform: own, lastSyncedAt, durationMs: clock.monotonicMs() - startedMs, ...outcome };
      }),
    );
  }

  return {
    async sync(page, { platform, ...options }) {
      return orThrow(combineSyncs(await eachChannel(page, platform, (target) => syncChannel(target, options))));
    },
    async verify(page, { platform, ...options }) {
      return orThrow(combineVerifies(await eachChannel(page, platform, (target) => verifyChannel(target, options))));
    },
    async history(page, channels, options) {
      const rows = channels.map(({ platform }) => historyOfChannel({ page, platform }, options));
      const [first, ...others] = await Promise.all(rows);
      return combineHistories([must(first, 'history is of one channel at least'), ...others]);
    },
  };
}

function requireChannels({ channels, facebookPageId, name }: Page, platform: Platform | undefined) {
  const wanted = channels.filter((channel) => platform === undefined || channel.platform === platform);
  if (wanted.length > 0) return wanted;
  throw new TidemarkError('INVALID_INPUT', `Page ${name ?? facebookPageId} has no ${platform} channel.`);
}

function orThrow<Answer>(answer: Answer | TidemarkError): Answer {
  if (answer instanceof TidemarkError) throw answer;
  return answer;
}
