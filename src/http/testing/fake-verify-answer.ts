/** For tests of the HTTP API: what verifying any Page finds, one conversation missing and one gone. */
import type { PageAnswer } from '../../core/api/pages.ts';
import type { VerifyAnswer, VerifyRequest } from '../../core/api/verify.ts';

export function fakeVerifyAnswer(page: PageAnswer, { repair = false }: VerifyRequest): VerifyAnswer {
  const found = { contactName: null, updatedTime: null, shouldHaveBeenMet: false, repaired: repair };
  return {
    success: true,
    runId: '00000000-0000-4000-8000-0000000000ac',
    pageId: page.id,
    facebookPageId: page.facebookPageId,
    pageName: page.name,
    missing: [{ ...found, conversationId: 't_1', contactName: 'Ada Winter', updatedTime: '2026-03-01T09:29:41.000Z' }],
    stale: [],
    deleted: [{ ...found, conversationId: 't_2' }],
    repaired: repair ? 2 : 0,
    counts: { missing: 1, stale: 0, deleted: 1, shouldHaveBeenMet: 0 },
    undecided: null,
    total: 40,
    status: 'succeeded',
    graphCalls: 2,
    durationMs: 900,
    duration: '0.90s',
    message: '40 conversations compared: 1 missing, 0 stale, 1 deleted; no sync has missed any',
  };
}
