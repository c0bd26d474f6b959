/** `tidemark sync`: syncs the named Pages, or all active ones, side by side, and says what each of them brought. */
import { Option } from 'commander';
import { duration } from '../../config/kinds.ts';
import type { HistoryAnswer } from '../../api/history.ts';
import type { PageAnswer } from '../../api/pages.ts';
import type { SyncAllAnswer } from '../../api/sync.ts';
import { argument } from '../argument.ts';
import type { CliContext, ExitStatus } from '../context.ts';
import { parsePageRef } from '../page-ref.ts';
import { platformOption } from '../platform-option.ts';
import { printJson, printLines } from '../print.ts';
import type { Registration } from '../registration.ts';
import { listenForStop, printStopped, Stopped, unlessStopped } from '../stop-signal.ts';
import type { StopSignal } from '../stop-signal.ts';
import { describeHistory, describeStopped, describeSync, NO_HISTORY, toStoppedSync } from '../sync-report.ts';
import { findPages, openWatched, type Watched, type WatchedFlags } from '../watched.ts';

interface SyncFlags extends WatchedFlags {
  readonly full?: true;
  readonly maxDuration?: number;
}

export function addSyncCommand({ program, context, end }: Registration): void {
  program
    .command('sync')
    .summary('sync the named Pages, or all active ones in parallel')
    .description(
      'Syncs the named Pages, or all active ones in parallel. The first sync of a Page is full, later ones are ' +
        'incremental. Afterwards older messages are fetched, down to the first one of every conversation; Ctrl-C ' +
        'stops that, and the next sync goes on with it. Exit status 1: a Page failed, or is partial because its time was up.',
    )
    .argument('[page...]', 'Pages, each by its uuid or its Facebook Page id')
    .addOption(platformOption('only what is'))
    .option('--full', 'collect everything again, whatever is already mirrored')
    .option(
      '--max-duration <duration>',
      'stop between batches after this long, e.g. 240s; the next sync goes on from there',
      argument(duration({ min: '1ms', max: '24d' })),
    )
    .addOption(quietOption())
    .option('--json', 'print the answer as one JSON document')
    .action(async (pages: string[], flags: SyncFlags) => end(await sync(context, pages, flags)));
}

export function quietOption(): Option {
  return new Option('-q, --quiet', 'say nothing unless something is wrong');
}

async function sync(context: CliContext, names: readonly string[], flags: SyncFlags): Promise<ExitStatus> {
  const refs = names.map(parsePageRef);
  using stop = listenForStop(context);
  await using session = await openWatched(context, flags);
  // A name that no Page has is a slip of the caller, not a failed sync: find out before anything starts.
  const pages = await unlessStopped(stop, findPages(session.tidemark, refs, flags));
  if (pages instanceof Stopped) return endStopped({ context, session, flags }, pages);
  const parts: SyncParts = { context, session, flags, stop, pages, isNamed: refs.length > 0 };

  const answer = await syncPages(parts);
  if (answer instanceof Stopped) return endStopped(parts, answer);
  const isWhole = answer.results.every((row) => row.status === 'succeeded');
  if (!flags.json && !(flags.quiet && isWhole)) printLines(context, describeSync(answer, context.stdout));

  const history = await fetchHistory(parts, answer);
  if (history instanceof Stopped) return endStopped(parts, history, answer);
  const hasFailed = history.results.some((row) => row.status === 'failed');
  if (flags.json) printJson(context, { ...answer, history });
  else if (!flags.quiet || hasFailed) printLines(context, describeHistory(history));
  return isWhole && !hasFailed ? 0 : 1;
}

interface SyncParts {
  readonly context: CliContext;
  readonly session: Watched;
  readonly flags: SyncFlags;
  readonly stop: StopSignal;
  readonly pages: readonly PageAnswer[];
  readonly isNamed: boolean;
}

function whichOf({ pages, isNamed, flags }: SyncParts) {
  return { ...(isNamed && { pages: pages.map(({ id }) => ({ pageId: id })) }), platform: flags.platform };
}

async function syncPages(parts: SyncParts): Promise<SyncAllAnswer | Stopped> {
  const { session, flags, stop, pages } = parts;
  const how = { forceFull: flags.full, maxDurationMs: flags.maxDuration, trigger: 'cli' } as const;
  return session.watch({ pages }, (onEvent) =>
    unlessStopped(stop, session.tidemark.syncAll({ ...whichOf(parts), ...how, onEvent })),
  );
}

/** In the time that the sync has left. */
async function fetchHistory(parts: SyncParts, { durationMs }: SyncAllAnswer): Promise<HistoryAnswer | Stopped> {
  const { session, flags, stop, pages } = parts;
  const leftMs = flags.maxDuration === undefined ? undefined : flags.maxDuration - durationMs;
  if (leftMs !== undefined && leftMs <= 0) return NO_HISTORY;
  const request = { ...whichOf(parts), maxDurationMs: leftMs, trigger: 'cli' } as const;
  return session.watch({ pages, title: 'Older messages, down to the first one of each conversation' }, (onEvent) =>
    unlessStopped(stop, session.tidemark.collectHistory({ ...request, onEvent })),
  );
}

/** Says what is stored. `answer`: of the sync, when it was the older messages that were stopped. */
async function endStopped(
  { context, session, flags }: Pick<SyncParts, 'context' | 'session' | 'flags'>,
  { status }: Stopped,
  answer?: SyncAllAnswer,
): Promise<ExitStatus> {
  // What is under way is stored or given up first, so that the figures are right.
  await session.close();
  const told = session.told();
  if (flags.json) printStopped(context, toStoppedSync(told, answer));
  else printLines(context, describeStopped(told));
  return status;
}
