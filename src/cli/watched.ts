/** Work on many Pages that a person watches: with bars on a terminal, with the log elsewhere, or quietly. */
import type { PageAnswer } from '../api/pages.ts';
import type { Tidemark } from '../api/tidemark.ts';
import type { EventSink, SyncEvent } from '../core/events.ts';
import type { PageRef, Platform } from '../core/model.ts';
import type { CliContext } from './context.ts';
import { aroundProgress } from './around-progress.ts';
import type { Progress, ShownPage } from './progress.ts';
import { advance, NOTHING_DONE, type ProgressState } from './progress-state.ts';
import { loadSettings, openSession, type Session } from './session.ts';

export interface WatchedFlags {
  readonly quiet?: true;
  readonly json?: true;
  readonly platform?: Platform;
  /** Default: false. */
  readonly looksOnly?: boolean;
}

/** How far a channel had come. */
export interface Told extends ProgressState {
  readonly page: SyncEvent['page'];
  readonly platform: Platform;
  readonly mode: SyncEvent['mode'];
  readonly runId: string;
}

export interface Watched extends Session {
  /** Does `work` with its progress on stderr; with a title, only that of those Pages that turn out to be at work. */
  watch<T>(shown: WatchedPages, work: (onEvent: EventSink) => Promise<T>): Promise<T>;
  /** What was told of each channel, of the work that was watched last. */
  told(): readonly Told[];
}

export interface WatchedPages {
  readonly pages: readonly PageAnswer[];
  readonly title?: string;
}

export async function openWatched(context: CliContext, flags: WatchedFlags): Promise<Watched> {
  let progress: Progress | undefined;
  const told = new Map<string, Told>();
  const quiet = flags.quiet === true;
  const hasBars = context.stderr.isTTY === true && !quiet;
  // Where bars show how far it is, or nobody wants to know, the log is left to what is odd.
  const settings = loadSettings(context, hasBars || quiet ? { LOG_LEVEL: 'warn' } : {});
  // Bars are loaded where they are shown.
  const showProgress = hasBars ? (await import('./progress.ts')).showProgress : undefined;
  const session = await openSession(context, settings, {
    logTo: aroundProgress(context, () => progress),
    quiet,
    looksOnly: flags.looksOnly,
  });
  return {
    ...session,
    [Symbol.asyncDispose]: session.close,
    async watch({ pages, title }, work) {
      told.clear();
      using shown = showProgress?.({
        stream: context.stderr,
        pages: pages.map((page) => toShown(page, flags)),
        expected: 0,
        title,
      });
      progress = shown;
      let isShown = true;
      try {
        return await work((event) => {
          const key = `${event.page.id} ${event.platform}`;
          const { page, platform, mode, runId } = event;
          told.set(key, { ...advance(told.get(key) ?? NOTHING_DONE, event), page, platform, mode, runId });
          // A run that was stopped may still tell how it ends.
          if (isShown) shown?.onEvent(event);
        });
      } finally {
        isShown = false;
        progress = undefined;
      }
    },
    told: () => [...told.values()],
  };
}

/** Those that are named, else every active one that has the channel. Rejects with PAGE_NOT_FOUND. */
export async function findPages(
  tidemark: Pick<Tidemark, 'pages'>,
  refs: readonly PageRef[],
  { platform }: Pick<WatchedFlags, 'platform'>,
): Promise<readonly PageAnswer[]> {
  if (refs.length > 0) return Promise.all(refs.map((ref) => tidemark.pages.find(ref)));
  return (await tidemark.pages.list()).filter(
    ({ isActive, channels }) =>
      isActive && (platform === undefined || channels.some((channel) => channel.platform === platform)),
  );
}

function toShown({ id, name, facebookPageId, channels }: PageAnswer, flags: WatchedFlags): ShownPage {
  const platforms = channels.map(({ platform }) => platform);
  return {
    id,
    name: name ?? facebookPageId,
    platforms: platforms.filter((platform) => flags.platform === undefined || platform === flags.platform),
  };
}
