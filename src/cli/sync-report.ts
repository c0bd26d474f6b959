/** What a sync and the fetching of older messages brought, in words. */
import type { HistoryAnswer, HistoryRow } from '../api/history.ts';
import type { ChannelSyncAnswer, SyncAllAnswer, SyncAllRow } from '../api/sync.ts';
import { toSyncAllView } from '../api/views/sync-view.ts';
import { type Column, renderTable, type Room } from './table.ts';
import { describeTroubles, type Trouble } from './troubles.ts';
import type { Told } from './watched.ts';
import { toCount, toFigure, toSeconds } from './words.ts';

export const NO_HISTORY: HistoryAnswer = { results: [], totalEvents: 0, totalCalls: 0 };

const CHANNEL: Column = { title: 'channel', whole: true };
const COLUMNS: readonly Column[] = [
  { title: 'mode', omit: 3 },
  { title: 'checked', align: 'right' },
  { title: 'current', align: 'right', omit: 1 },
  { title: 'synced', align: 'right' },
  { title: 'new', align: 'right', omit: 4 },
  { title: 'changed', align: 'right', omit: 4 },
  { title: 'messages', align: 'right' },
  { title: 'calls', align: 'right' },
  { title: 'seconds', align: 'right', omit: 2 },
];

export function describeSync(answer: SyncAllAnswer, room: Room): readonly string[] {
  if (answer.totalPages === 0) {
    return ['No active Page is connected. Connect one: `tidemark pages add --token-stdin < token.txt`.'];
  }
  const table = renderSyncs(answer.results, room);
  const troubles = describeTroubles(answer.results.filter((row) => row.status !== 'succeeded').map(toTrouble));
  return [...table, '', ...troubles, ...(troubles.length > 0 ? [''] : []), summarise(answer)];
}

export function describeHistory({ results, totalEvents, totalCalls }: HistoryAnswer): readonly string[] {
  if (results.length === 0) return [];
  const left = results.filter((row) => row.status === 'partial' || row.status === 'busy');
  return [
    `Older messages of ${toCount(results.length, 'Page')}: ${toFigure(totalEvents)} in ${toCount(totalCalls, 'call')}.`,
    ...(left.length > 0 ? [`${toCount(left.length, 'Page')} still have some; the next sync goes on with them.`] : []),
    ...describeTroubles(results.filter((row) => row.status === 'failed').map(toHistoryTrouble)),
  ];
}

/** After a signal: what is stored. */
export function describeStopped(told: readonly Told[]): readonly string[] {
  const ended = told.filter(({ ending }) => ending?.startsWith('done') === true).length;
  const sum = (count: (one: Told) => number) => told.reduce((all, one) => all + count(one), 0);
  const stored = [
    ...(told.some(({ mode }) => mode === 'history')
      ? []
      : [
          toCount(
            sum(({ counts }) => counts.synced),
            'conversation',
          ),
        ]),
    toCount(
      sum(({ counts }) => counts.eventsCreated),
      'message',
    ),
  ];
  const pages = toCount(new Set(told.map(({ page }) => page.id)).size, 'Page');
  if (told.length === 0) return ['Stopped before anything was begun.'];
  return [
    `Stopped. Stored so far: ${stored.join(', ')} of ${pages}${ended === 0 ? '' : `, ${toFigure(ended)} of them done`}. ` +
      'The next sync goes on from there.',
  ];
}

/** The same for a program, in the form of the answer that there would have been. */
export function toStoppedSync(told: readonly Told[], answer: SyncAllAnswer | undefined) {
  if (answer !== undefined) {
    const messages = told.reduce((sum, { counts }) => sum + counts.eventsCreated, 0);
    const calls = told.reduce((sum, { counts }) => sum + counts.graphCalls, 0);
    const { success: _whole, ...rest } = answer;
    return { ...rest, history: { status: 'cancelled', totalEvents: messages, totalCalls: calls } };
  }
  const { totalPages, results, totals } = toSyncAllView(told.map(toStoppedRow), 0);
  return { totalPages, results: results.map(({ durationMs: _unknown, ...row }) => row), totals };
}

function toStoppedRow({ page, platform, runId, mode, counts, ending }: Told) {
  const isDone = ending?.startsWith('done') === true;
  const { synced, inserted, updated, skipped, eventsCreated, graphCalls } = counts;
  return {
    pageId: page.id,
    facebookPageId: page.facebookPageId,
    pageName: page.name ?? null,
    platform,
    runId,
    success: isDone,
    syncMode: mode === 'full' ? ('full' as const) : ('incremental' as const),
    synced,
    inserted,
    updated,
    skipped,
    checked: synced + skipped,
    eventsCreated,
    graphCalls,
    status: isDone ? ('succeeded' as const) : ('partial' as const),
    durationMs: 0,
  };
}

/** A Page with several channels has a line for each. */
function renderSyncs(rows: readonly SyncAllRow[], room: Room): readonly string[] {
  const hasChannels = rows.some(({ channels = [] }) => channels.length > 1);
  const head = [{ title: 'Page' }, ...(hasChannels ? [CHANNEL] : [])];
  const lines = rows.flatMap((row) => {
    const { channels = [] } = row;
    if (!hasChannels) return [[nameOf(row), ...toCells(row)]];
    if (channels.length < 2) return [[nameOf(row), channels[0]?.platform ?? '', ...toCells(row)]];
    return channels.map((channel) => [nameOf(row), channel.platform, ...toCells(channel)]);
  });
  return renderTable([...head, ...COLUMNS], lines, room);
}

function toCells(row: SyncAllRow | ChannelSyncAnswer): readonly string[] {
  const { checked, skipped, synced, inserted, updated, eventsCreated, graphCalls } = row;
  const figures = [checked, skipped, synced, inserted, updated, eventsCreated, graphCalls].map(toFigure);
  return [row.syncMode ?? '-', ...figures, toSeconds(row.durationMs)];
}

function toTrouble(row: SyncAllRow): Trouble {
  const page = nameOf(row);
  if (row.status !== 'partial')
    return { page, what: 'failed', message: row.error ?? 'no reason given', code: row.code };
  const what = 'is partial';
  if (row.error !== undefined) return { page, what, message: row.error, code: row.code };
  const { openRetries: [first, ...others] = [] } = row;
  if (first === undefined) {
    return { page, what, message: 'the next sync goes on where this one stopped.', code: undefined };
  }
  const rest = others.length === 0 ? '' : `, and ${toCount(others.length, 'more conversation')}`;
  const message = `conversation ${first.conversationId}${rest} could not be fetched and will be asked for again. ${first.reason}`;
  return { page, what, message, code: undefined };
}

function toHistoryTrouble(row: HistoryRow): Trouble {
  return { page: nameOf(row), what: 'failed', message: row.error ?? 'no reason given', code: row.code };
}

function summarise({ totals, totalPages, results, durationMs }: SyncAllAnswer): string {
  const calls = results.reduce((sum, row) => sum + row.graphCalls, 0);
  const pages =
    totals.failureCount === 0
      ? toCount(totalPages, 'Page')
      : `${toFigure(totals.successCount)} of ${toCount(totalPages, 'Page')}`;
  return (
    `Synced ${pages} in ${toSeconds(durationMs)} s: ${toCount(totals.totalSynced, 'conversation')} ` +
    `(${toFigure(totals.totalInserted)} new, ${toFigure(totals.totalUpdated)} changed), ` +
    `${toFigure(totals.totalSkipped)} already current, ` +
    `${toCount(totals.totalEvents, 'message')}, ${toCount(calls, 'call')}.`
  );
}

function nameOf({ pageName, facebookPageId }: SyncAllRow | HistoryRow): string {
  return pageName ?? facebookPageId;
}
