/** What a call that does what is due has done, and what it has left, as it is shown. */
import type { DueAnswer } from '../jobs.ts';

export interface DueOutcome extends Pick<
  DueAnswer,
  'results' | 'pagesVerified' | 'pagesLeft' | 'verifyLeft' | 'historyLeft' | 'durationMs'
> {
  /** Pages with a channel whose sync ran out of time. */
  readonly unfinished: ReadonlySet<string>;
}

export function toDueView({ unfinished, ...outcome }: DueOutcome): DueAnswer {
  const { results, pagesLeft, verifyLeft, historyLeft } = outcome;
  const failed = new Set(results.flatMap((row) => (row.success ? [] : [row.pageId])));
  const ids = results.map((row) => row.pageId);
  const synced = new Set(ids.filter((id) => !failed.has(id) && !unfinished.has(id)));
  const [pagesFailed, pagesSynced] = [failed.size, synced.size];
  const done = pagesLeft === 0 && verifyLeft === 0 && historyLeft === 0;
  const what = [
    ...(pagesLeft > 0 ? [`${pagesLeft} page(s) are still due`] : []),
    ...(verifyLeft > 0 ? [`${verifyLeft} page(s) are still to be verified`] : []),
    ...(historyLeft > 0 ? [`${historyLeft} page(s) have older messages to come`] : []),
  ];
  return {
    ...outcome,
    success: pagesFailed === 0,
    pagesSynced,
    pagesFailed,
    done,
    message:
      `Synced ${pagesSynced} page(s)${pagesFailed > 0 ? `, ${pagesFailed} failed` : ''}; ` +
      `${done ? 'nothing is left to do' : what.join(', ')}`,
  };
}
