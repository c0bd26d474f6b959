/**
 * What plans go by while a run goes on: how long Facebook takes to answer, measured on the way, and what calls may
 * cost.
 */
import { type AnswerTimes, learnTime, TYPICAL_TIMES } from '../core/answer-times.ts';
import { type CallBudget, looksPerCarry } from '../core/plan.ts';
import type { ConversationSource } from '../core/ports.ts';

export interface Pace {
  /** The same source; the times of its lists are learnt from. */
  readonly source: ConversationSource;
  /** As known by now. */
  times(): AnswerTimes;
  /** How many looks of that size are to come before a list page that brings its messages along, as of now. */
  looksPerCarry(perLook: number): number;
}

export function openPace(source: ConversationSource, budget: () => CallBudget): Pace {
  let times = TYPICAL_TIMES;
  return {
    source: {
      ...source,
      async listConversations(request, signal) {
        const list = await source.listConversations(request, signal);
        const { tookMs } = list;
        if (tookMs !== undefined) {
          const kind = request.messages === 0 ? 'light' : 'nested';
          times = { ...times, [kind]: learnTime(times[kind], { items: list.items.length, tookMs }) };
        }
        return list;
      },
    },
    times: () => times,
    looksPerCarry: (perLook) => looksPerCarry({ times, budget: budget(), perLook }),
  };
}
