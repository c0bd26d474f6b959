/** `tidemark sync`: syncs the named Pages, or all active ones, side by side, and says what each of them brought. */
import { duration } from '../../config/kinds.ts';
import type { HistoryAnswer } from '../../api/history.ts';
import type { ChannelSyncAnswer, SyncAllAnswer, SyncAllRow } from '../../api/sync.ts';
import type { Platform } from '../../core/model.ts';
import { argument } from '../argument.ts';
import type { CliContext, ExitStatus } from '../context.ts';
import { parsePageRef } from '../page-ref.ts';
import { platformOption } from '../platform-option.ts';
import { printJson, printLines } from '../print.ts';
import type { Registration } from '../registration.ts';
import { loadSettings, openSession } from '../session.ts';
import { listenForStop, unlessStopped } from '../stop-signal.ts';
import { renderTable } from '../table.ts';
import { toCount, toFigure, toSeconds } from '../words.ts';

interface SyncFlags {
  readonly platform?: Platform;
  readonly full?: true;
  readonly maxDuration?: number;
  readonly json?: true;
}

const NO_HISTORY: HistoryAnswer = { results: [], totalEvents: 0, totalCalls: 0 };

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
    .option('--json', 'print the answer as one JSON document')
    .action(async (pages: string[], flags: SyncFlags) => end(await sync(context, pages, flags)));
}

async function sync(context: CliContext, names: readonly string[], flags: SyncFlags): Promise<ExitStatus> {
  const refs = names.map(parsePageRef);
  using stop = listenForStop(context);
  await using session = await openSession(context, loadSettings(context));
  const { tidemark } = session;

  const work = async (): Promise<ExitStatus> => {
    // A name that no Page has is a slip of the caller, not a failed sync: find out before anything starts.
    const pages = await Promise.all(refs.map(async (ref) => ({ pageId: (await tidemark.pages.find(ref)).id })));
    const which = { ...(pages.length > 0 && { pages }), platform: flags.platform };
    const answer = await tidemark.syncAll({
      ...which,
      forceFull: flags.full,
      maxDurationMs: flags.maxDuration,
      trigger: 'cli',
    });
    if (!flags.json) printLines(context, describeSync(answer));
    const leftMs = flags.maxDuration === undefined ? undefined : flags.maxDuration - answer.durationMs;
    const history =
      leftMs === undefined || leftMs > 0
        ? await tidemark.collectHistory({ ...which, maxDurationMs: leftMs, trigger: 'cli' })
        : NO_HISTORY;
    if (flags.json) printJson(context, { ...answer, history });
    else printLines(context, describeHistory(history));
    const isWhole = answer.results.every((row) => row.status === 'succeeded');
    return isWhole && history.results.every((row) => row.status !== 'failed') ? 0 : 1;
  };
  // Awaited here, because the session is closed as soon as this function returns.
  return await unlessStopped(stop, work());
}

function describeSync(answer: SyncAllAnswer): readonly string[] {
  if (answer.totalPages === 0) {
    return ['No active Page is connected. Connect one: `tidemark pages add --token-stdin < token.txt`.'];
  }
  const table = renderTable(
    [
      { title: 'Page' },
      { title: 'mode' },
      ...['synced', 'new', 'changed', 'messages', 'calls', 'seconds'].map(
        (title) => ({ title, align: 'right' }) as const,
      ),
    ],
    answer.results.flatMap(toRows),
  );
  const troubles = answer.results.filter((row) => row.status !== 'succeeded').map(describeTrouble);
  return [...table, '', ...troubles, ...(troubles.length > 0 ? [''] : []), summarise(answer)];
}

/** A Page with several channels has a line for each. */
function toRows(row: SyncAllRow): readonly (readonly string[])[] {
  const name = row.pageName ?? row.facebookPageId;
  const { channels = [] } = row;
  if (channels.length < 2) return [toCells(name, row)];
  return channels.map((channel) => toCells(`${name} (${channel.platform})`, channel));
}

function toCells(name: string, row: SyncAllRow | ChannelSyncAnswer): readonly string[] {
  return [
    name,
    row.syncMode ?? '-',
    toFigure(row.synced),
    toFigure(row.inserted),
    toFigure(row.updated),
    toFigure(row.eventsCreated),
    toFigure(row.graphCalls),
    toSeconds(row.durationMs),
  ];
}

function describeTrouble(row: SyncAllRow): string {
  const page = row.pageName ?? row.facebookPageId;
  const { openRetries: [first, ...others] = [] } = row;
  if (row.status === 'partial' && row.error === undefined && first !== undefined) {
    const rest = others.length === 0 ? '' : `, and ${toCount(others.length, 'more conversation')}`;
    const reason = first.reason;
    return `${page} is partial: conversation ${first.conversationId}${rest} could not be fetched and will be asked for again. ${reason}`;
  }
  if (row.status === 'partial' && row.error === undefined)
    return `${page} is partial: the next sync goes on where this one stopped.`;
  return `${page} ${row.status === 'partial' ? 'is partial' : 'failed'}: ${row.error ?? 'no reason given'}${row.code === undefined ? '' : ` (${row.code})`}`;
}

function describeHistory({ results, totalEvents, totalCalls }: HistoryAnswer): readonly string[] {
  if (results.length === 0) return [];
  const open = results.filter((row) => row.status !== 'succeeded');
  const failed = open.filter((row) => row.status === 'failed');
  return [
    `Older messages of ${toCount(results.length, 'Page')}: ${toFigure(totalEvents)} in ${toCount(totalCalls, 'call')}.`,
    ...(open.length > 0 ? [`${toCount(open.length, 'Page')} still have some; the next sync goes on with them.`] : []),
    ...failed.map((row) => `${row.pageName ?? row.facebookPageId} failed: ${row.error} (${row.code})`),
  ];
}

function summarise({ totals, totalPages, results, durationMs }: SyncAllAnswer): string {
  const calls = results.reduce((sum, row) => sum + row.graphCalls, 0);
  const pages =
    totals.failureCount === 0
      ? toCount(totalPages, 'Page')
      : `${totals.successCount} of ${toCount(totalPages, 'Page')}`;
  return (
    `Synced ${pages} in ${toSeconds(durationMs)} s: ${toCount(totals.totalSynced, 'conversation')} ` +
    `(${toFigure(totals.totalInserted)} new, ${toFigure(totals.totalUpdated)} changed), ` +
    `${toCount(totals.totalEvents, 'message')}, ${toCount(calls, 'call')}.`
  );
}
