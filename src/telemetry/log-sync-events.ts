/**
 * Turns the events of a sync into log lines. People and scripts look for these sentences, so their wording is fixed,
 * also where grammar would bend it for a batch of one.
 */
import { ERRORS } from '../core/error-catalogue.ts';
import type { ErrorCode } from '../core/error-catalogue.ts';
import type { CallFinished, EngineEventSink, SyncEvent } from '../core/events.ts';
import type { Instant, RunCounts, RunMode } from '../core/model.ts';
import { assertNever } from '../lib/assert-never.ts';
import type { Log } from './log.ts';

/** What a run is called in a sentence. */
const NOUN: Readonly<Record<RunMode, string>> = {
  full: 'full sync',
  incremental: 'incremental sync',
  verify: 'verify',
  history: 'fetching of older messages',
  contacts: 'fetching of new conversations',
};

type Level = 'debug' | 'info' | 'warn' | 'error';
type Line = readonly [Level, string];

const PREFIX = '[Sync Conversations]';
/** Waiting for the next call of two per second is the normal rhythm; longer than this is worth a line. */
const NOTICEABLE_DELAY_MS = 2_000;

export function logSyncEvents(log: Log): EngineEventSink {
  return (event) => {
    if (event.runId === undefined) {
      log.debug({ sync: { event: event.type, ...numbersOfCall(event) } }, `${PREFIX} ${toCallLine(event)}`);
      return;
    }
    const sync = {
      event: event.type,
      runId: event.runId,
      pageId: event.page.id,
      facebookPageId: event.page.facebookPageId,
      mode: event.mode,
      ...numbersOf(event),
    };
    for (const [level, sentence] of toLines(event)) log[level]({ sync }, `${PREFIX} ${sentence}`);
  };
}

function toLines(event: SyncEvent): readonly Line[] {
  switch (event.type) {
    case 'listener-failed':
      return [['error', `A listener threw and is no longer told of this run: ${event.reason}`]];
    case 'history-not-begun':
      return [
        [
          'warn',
          `Could not begin to fetch older messages for page: ${event.page.facebookPageId}; the next sync tries again: ${event.reason}`,
        ],
      ];
    case 'history-begun':
      return [['debug', `Older messages are to be brought of ${event.conversations} conversations`]];
    case 'history-committed': {
      const found = `${event.messages} older messages of conversation ${event.conversationId}`;
      return [['debug', event.complete ? `Stored ${found}, down to its first one` : `Stored ${found}`]];
    }
    case 'run-started':
      if (event.mode === 'history') return [['info', `Fetching older messages for page: ${event.page.facebookPageId}`]];
      if (event.mode === 'contacts')
        return [['info', `Fetching new conversations for page: ${event.page.facebookPageId}`]];
      if (event.mode === 'verify') return [['info', `Verifying page: ${event.page.facebookPageId}`]];
      return [
        ['info', `Starting ${event.mode} sync for page: ${event.page.facebookPageId}`],
        ...(event.mode === 'incremental' && event.lookbackStart !== undefined
          ? [['info', `Only fetching conversations updated since: ${toSecond(event.lookbackStart)}`] as const]
          : []),
      ];
    case 'list-requested':
      return [['info', 'Fetching batch...']];
    case 'state-mended':
      return [
        [
          'warn',
          `Another program wrote what cannot be true into facebook_sync_state (${event.columns.join(', ')}) ` +
            `for page: ${event.page.facebookPageId}; it was replaced`,
        ],
      ];
    case 'list-surveyed':
      return [['debug', `Listed ${event.listed} conversations, ${event.differing} differ from the mirror`]];
    case 'survey-finished':
      return [['debug', 'Survey finished']];
    case 'survey-restarted':
      return [['info', `Going through the list again from its top: ${event.reason}`]];
    case 'list-refused':
      return [
        [
          'warn',
          `Facebook does not list the conversations of page: ${event.page.facebookPageId} (${event.reason}); ` +
            `reading the ${event.conversations} newest known ones one by one instead`,
        ],
      ];
    case 'filter-disabled':
      return [
        [
          'info',
          `No longer sending \`since\` for page: ${event.page.facebookPageId} (${event.reason}); nothing is missed without it`,
        ],
      ];
    case 'order-violated':
      return [
        [
          'warn',
          `Facebook listed conversation ${event.conversationId} out of order; looking further back to miss nothing`,
        ],
      ];
    case 'batch-processing':
      return [['info', `Processing batch of ${event.conversations} conversations`]];
    case 'batch-committed':
      return [['debug', `Stored a batch; so far ${summary(event.counts)}`]];
    case 'item-unreadable': {
      const id = event.itemId === undefined ? 'without id' : `id ${event.itemId}`;
      return [['warn', `Entry ${event.index} of ${event.subject} (${id}) could not be read: ${event.reason}`]];
    }
    case 'conversation-failed':
      return [['warn', `Conversation ${event.conversationId} could not be collected: ${event.reason}`]];
    case 'call-finished':
      return [['debug', toCallLine(event)]];
    case 'call-delayed':
      return [
        [
          event.waitMs >= NOTICEABLE_DELAY_MS ? 'info' : 'debug',
          `Waiting ${toSeconds(event.waitMs)} before the next call: ${event.reason}`,
        ],
      ];
    case 'run-finished':
      return [
        event.status === 'succeeded'
          ? ['info', `Finished ${NOUN[event.mode]} in ${toSeconds(event.durationMs)}: ${summary(event.counts)}`]
          : [
              // History steps aside for every sync; that is how it is meant to go.
              event.mode === 'history' ? 'info' : 'warn',
              `Stopped ${NOUN[event.mode]} after ${toSeconds(event.durationMs)}, not complete yet: ${summary(event.counts)}` +
                (event.mode === 'verify' ? '' : '; the next sync goes on from here'),
            ],
      ];
    case 'run-failed':
      return [
        [
          levelOf(event.code),
          `Failed ${NOUN[event.mode]} for page ${event.page.facebookPageId} after ${toSeconds(event.durationMs)}: ` +
            `${event.message} (${event.code})`,
        ],
      ];
    default:
      return assertNever(event);
  }
}

/** What a program would want to count, as fields beside the sentence. */
function numbersOf(event: SyncEvent): Record<string, unknown> {
  switch (event.type) {
    case 'call-finished':
      return numbersOfCall(event);
    case 'batch-committed':
      return { counts: event.counts };
    case 'item-unreadable':
      return { conversationId: event.conversationId, itemId: event.itemId };
    case 'run-finished':
      return { counts: event.counts, status: event.status, durationMs: event.durationMs };
    case 'run-failed':
      return { code: event.code, durationMs: event.durationMs };
    default:
      return {};
  }
}

function toCallLine({ kind, status, durationMs, waitedMs }: CallFinished): string {
  return `Call (${kind}) ended after ${toSeconds(durationMs)}: ${status}; it had waited ${toSeconds(waitedMs)} for its turn`;
}

function numbersOfCall({ kind, status, graphCode, durationMs, waitedMs, usage, channel }: CallFinished) {
  return { kind, status, graphCode, durationMs, waitedMs, quotas: usage.quotas, platform: channel?.platform };
}

function summary(counts: RunCounts): string {
  return (
    `${counts.synced} conversations (${counts.inserted} new, ${counts.updated} changed), ` +
    `${counts.eventsCreated} messages, ${counts.graphCalls} calls`
  );
}

function levelOf(code: string): Level {
  return code in ERRORS ? ERRORS[code as ErrorCode].logLevel : 'error';
}

function toSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

/** Graph times have no fractions of a second, so neither have the lines that show them. */
function toSecond(instant: Instant): string {
  return new Date(instant).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
