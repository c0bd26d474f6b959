/** What a call that does what is due has done, and what it has left, as it is shown. */
import type { DueAnswer } from '../jobs.ts';

export interface DueOutcome extends Pick<
  DueAnswer,
  'results' | 'pagesVerified' | 'pagesLeft' | 'verifyLeft' | 'historyLeft' | 'durationMs'
> {
  /** Syncs that ran out of time. */
  readonly unfinished: number;
}

export function toDueView({ unfinished, ...outcome }: DueOutcome): DueAnswer {
  const { results, pagesLeft, verifyLeft, historyLeft } = outcome;
  const pagesFailed = results.filter((row) => !row.success).length;
  const pagesSynced = results.length - pagesFailed - unfinished;
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
