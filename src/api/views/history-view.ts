/** The fetching of older messages as it is shown. */
import type { TidemarkError } from '../../core/errors.ts';
import type { Page, Run } from '../../core/model.ts';
import type { HistoryAnswer, HistoryRow } from '../history.ts';
import { nameOf } from './page-view.ts';

/** From the run as it was recorded; none when somebody else was at work; or from what went wrong. */
export function toHistoryRowView(page: Page, outcome: Run | TidemarkError | undefined): HistoryRow {
  const named = nameOf(page);
  if (outcome === undefined) return { ...named, status: 'busy', eventsCreated: 0, graphCalls: 0 };
  if (outcome instanceof Error) {
    const { message, code } = outcome;
    return { ...named, status: 'failed', eventsCreated: 0, graphCalls: 0, error: message, code };
  }
  const { status, eventsCreated, graphCalls } = outcome;
  return { ...named, status: status === 'succeeded' ? 'succeeded' : 'partial', eventsCreated, graphCalls };
}

export function toHistoryView(results: readonly HistoryRow[]): HistoryAnswer {
  return {
    results,
    totalEvents: results.reduce((total, row) => total + row.eventsCreated, 0),
    totalCalls: results.reduce((total, row) => total + row.graphCalls, 0),
  };
}
