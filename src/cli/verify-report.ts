/** What a verify found, in words: every difference in a sentence, and last of all whether everything is in sync. */
import type {
  ChannelVerifyAnswer,
  DeepEstimate,
  FindingAnswer,
  VerifyAllAnswer,
  VerifyAnswer,
  VerifyFailure,
} from '../api/verify.ts';
import { renderTable, type Room } from './table.ts';
import { describeTroubles } from './troubles.ts';
import { toCount, toFigure, toSeconds } from './words.ts';

export interface Differences {
  readonly found: number;
  readonly repaired: number;
  /** Those that a sync has missed. */
  readonly missed: number;
}

export function countDifferences({ results }: VerifyAllAnswer): Differences {
  const sum = (count: (row: VerifyAnswer) => number) =>
    results.reduce((total, row) => total + (row.success ? count(row) : 0), 0);
  return {
    found: sum(differencesOf),
    repaired: sum((row) => row.repaired),
    missed: sum((row) => row.counts.missedBySync),
  };
}

/** What a deep verify is about to cost. */
export function describeEstimate({ conversations, messages, graphCalls, durationMs }: DeepEstimate): string {
  const what = `${toCount(messages, 'message')} of ${toCount(conversations, 'conversation')}`;
  return `Reads ${what} again: about ${toCount(graphCalls, 'call')}, ${toSeconds(durationMs)} s at the least.`;
}

/** `room` is that of the terminal, for the table. */
export function describeVerify(answer: VerifyAllAnswer, room: Room): readonly string[] {
  if (answer.totalPages === 0) {
    return ['No active Page is connected. Connect one: `tidemark pages add --token-stdin < token.txt`.'];
  }
  const details = answer.results.map((row) => (row.success ? describeFindings(row) : []));
  const failures = answer.results.flatMap((row) => (row.success ? [] : [toTrouble(row)]));
  const paragraphs = [renderSummary(answer, room), ...details, describeTroubles(failures), [conclude(answer)]];
  return paragraphs
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function renderSummary({ results }: VerifyAllAnswer, room: Room): readonly string[] {
  const hasChannels = results.some((row) => row.success && row.channels.length > 1);
  const figures = ['compared', 'missing', 'stale', 'deleted', 'repaired', 'calls', 'seconds'];
  const lines = results.flatMap((row) => {
    if (!row.success) return [[nameOf(row), 'failed']];
    if (!hasChannels) return [[nameOf(row), ...toCells(row)]];
    return row.channels.map((channel) => [nameOf(row), channel.platform, ...toCells(channel)]);
  });
  return renderTable(
    [
      { title: 'Page' },
      ...(hasChannels ? [{ title: 'channel', whole: true } as const] : []),
      ...figures.map((title) => ({ title, align: 'right', ...(title in OMIT && { omit: OMIT[title] }) }) as const),
    ],
    lines,
    room,
  );
}

/** What goes first where there is little room. */
const OMIT: Readonly<Record<string, number>> = { seconds: 2, calls: 1 };
/** Differences that are told of each Page; whoever wants them all reads the JSON. */
const MOST_FINDINGS = 10;

function toCells(row: VerifyAnswer | ChannelVerifyAnswer): readonly string[] {
  if (row.status === 'failed') return ['failed'];
  const { missing, stale, deleted } = row.counts;
  const counted = [row.total, missing, stale, deleted, row.repaired, row.graphCalls];
  return [...counted.map(toFigure), toSeconds(row.durationMs)];
}

const WHAT = {
  missing: 'is missing from the mirror',
  stale: 'is older in the mirror than at Facebook',
  deleted: 'is gone at Facebook',
} as const;

function describeFindings(row: VerifyAnswer): readonly string[] {
  const page = nameOf(row);
  if (isNothingMirrored(row)) {
    const all = toCount(row.total, 'conversation');
    return [`${page}: nothing of its ${all} is mirrored. Sync it first: \`tidemark sync ${row.facebookPageId}\`.`];
  }
  const found = (['missing', 'stale', 'deleted'] as const).flatMap((kind) =>
    row[kind].map((finding) => `${page}: ${describeFinding(finding, kind)}`),
  );
  const shown = found.slice(0, MOST_FINDINGS);
  const more = differencesOf(row) - shown.length;
  const where = found.length > shown.length ? '; `--json` names them' : '';
  return [
    ...shown,
    ...(more > 0 ? [`${page}: … and ${toCount(more, 'difference')} more${where}`] : []),
    ...(row.inconclusive === null ? [] : [`${page}: ${row.inconclusive}`]),
    ...(row.status === 'partial'
      ? [`${page} is partial: ${row.reason ?? 'not all was compared, decided or repaired; verify again.'}`]
      : []),
  ];
}

/** As of a Page that was never synced: to name them one by one would say nothing. */
function isNothingMirrored({ counts, total, repaired }: VerifyAnswer): boolean {
  return total > MOST_FINDINGS && counts.missing === total && repaired === 0;
}

function describeFinding(finding: FindingAnswer, kind: keyof typeof WHAT): string {
  const { conversationId, contactName, updatedTime, missedBySync, repaired } = finding;
  const contact = contactName === null ? '' : ` with ${contactName}`;
  const when = updatedTime === null ? '' : `, last changed ${updatedTime.replace(/\.\d+Z$/, 'Z')},`;
  const missed = missedBySync ? '; a sync should have met it' : '';
  const mended = kind === 'deleted' ? 'now marked as deleted' : 'now repaired';
  return `conversation ${conversationId}${contact}${when} ${WHAT[kind]}${missed}${repaired ? `; ${mended}` : ''}.`;
}

function toTrouble(row: VerifyFailure) {
  return { page: nameOf(row), what: 'failed', message: row.error, code: row.code };
}

/** The answer to the question that people verify for. */
function conclude(answer: VerifyAllAnswer): string {
  const { found, repaired, missed } = countDifferences(answer);
  const verified = answer.results.filter((row) => row.success);
  const compared = verified.reduce((sum, row) => sum + row.total, 0);
  const unknown = answer.results.filter((row) => !row.success || row.status === 'partial');
  const what = `${toCount(compared, 'conversation')} of ${toCount(verified.length, 'Page')} compared`;
  const blame = missed === 0 ? '' : ` ${toFigure(missed)} of them should have been met by a sync: please report that.`;
  if (found > repaired) {
    const left = `${toCount(found - repaired, 'difference')} ${found - repaired === 1 ? 'remains' : 'remain'}`;
    return `Not in sync: ${what}, ${left}. \`tidemark verify --repair\` repairs.${blame}`;
  }
  if (unknown.length > 0) {
    return `Not known for ${unknown.length} of ${toCount(answer.totalPages, 'Page')}: ${what}, see above.${blame}`;
  }
  if (found > 0) return `Everything is in sync now: ${what}, ${toCount(repaired, 'difference')} repaired.${blame}`;
  return `Everything is in sync: ${what}, nothing differs.`;
}

function differencesOf({ counts }: VerifyAnswer): number {
  return counts.missing + counts.stale + counts.deleted;
}

function nameOf(row: VerifyAnswer | VerifyFailure): string {
  return row.pageName ?? row.facebookPageId;
}
