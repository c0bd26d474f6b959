/** What happens in the demo and how it is told: who writes while nobody syncs, and the table of both syncs. */
import type { SyncAllAnswer, SyncAllRow } from '../api/sync.ts';
import type { Activity } from './start-simulator.ts';
import { renderTable, type Room } from './table.ts';
import { toCount, toFigure, toSeconds } from './words.ts';

/** One after the other for the Pages in their order: ten new messages, fifty, none, some of both, new people only. */
const CASES: readonly Activity[] = [
  { newMessages: 10, newConversations: 0 },
  { newMessages: 50, newConversations: 0 },
  { newMessages: 0, newConversations: 0 },
  { newMessages: 2, newConversations: 3 },
  { newMessages: 0, newConversations: 20 },
];

/** In a tiny world both syncs take a call or two, and comparing them says nothing. */
const WORTH_SAYING = 1.5;

/** What happens in the Page at `index`; nobody writes twice. */
export function activityOf(index: number, conversations: number): Activity {
  const { newMessages, newConversations } = CASES[index % CASES.length] as Activity;
  return { newMessages: Math.min(newMessages, conversations), newConversations };
}

export function describeActivity({ newMessages, newConversations }: Activity): string {
  const parts = [
    ...(newMessages > 0 ? [toCount(newMessages, 'new message')] : []),
    ...(newConversations > 0 ? [toCount(newConversations, 'new conversation')] : []),
  ];
  return parts.length === 0 ? 'nothing new' : parts.join(' and ');
}

/** Both syncs of every Page below each other, then their totals. */
export function renderBothSyncs(first: SyncAllAnswer, second: SyncAllAnswer, room: Room): readonly string[] {
  const right = ['conversations', 'messages', 'calls'].map((title) => ({ title, align: 'right' }) as const);
  const pairs = first.results.flatMap((row) => {
    const again = second.results.find((other) => other.pageId === row.pageId);
    return [toCells(nameOf(row), row), ...(again === undefined ? [] : [toCells('', again)])];
  });
  return renderTable(
    [{ title: 'Page' }, { title: 'mode', omit: 1 }, ...right, { title: 'seconds', align: 'right' }],
    [...pairs, [], totalCells('All Pages', first), totalCells('', second)],
    room,
  );
}

/** The sentence below the table. */
export function compareSyncs(first: SyncAllAnswer, second: SyncAllAnswer): string {
  const speedup = first.durationMs / Math.max(second.durationMs, 1);
  return (
    `The first sync brought ${toCount(first.totals.totalSynced, 'conversation')} in ${toSeconds(first.durationMs)} s; ` +
    `the second found the ${toFigure(second.totals.totalSynced)} that changed in ${toSeconds(second.durationMs)} s` +
    `${speedup >= WORTH_SAYING ? `, ${speedup.toFixed(1)} times as fast` : ''}.`
  );
}

function toCells(name: string, row: SyncAllRow): readonly string[] {
  const figures = [row.synced, row.eventsCreated, row.graphCalls].map(toFigure);
  return [name, row.syncMode ?? row.status, ...figures, toSeconds(row.durationMs)];
}

function totalCells(name: string, { results, totals, durationMs }: SyncAllAnswer): readonly string[] {
  const modes = new Set(results.map((row) => row.syncMode ?? row.status));
  const calls = results.reduce((sum, row) => sum + row.graphCalls, 0);
  const figures = [totals.totalSynced, totals.totalEvents, calls].map(toFigure);
  return [name, [...modes].join(', '), ...figures, toSeconds(durationMs)];
}

function nameOf(row: SyncAllRow): string {
  return row.pageName ?? row.facebookPageId;
}
