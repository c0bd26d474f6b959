/** Reports every call when it has ended, however it ended: answered, refused, unanswered or called off. */
import type { CallReport } from '../core/events.ts';
import { isGraphError } from '../core/errors.ts';
import { NO_USAGE } from '../core/limits/quota-usage.ts';
import type { Clock } from '../core/ports.ts';
import type { GraphResponse, SendOnce } from './call.ts';

export interface CallReportsParts {
  readonly clock: Clock;
  readonly onCall?: ((call: CallReport) => void) | undefined;
}

type End = Pick<CallReport, 'status' | 'graphCode' | 'usage'>;

export function withCallReports(send: SendOnce, { clock, onCall }: CallReportsParts): SendOnce {
  return async (request) => {
    const { kind, waitedMs } = request;
    const startedMs = clock.monotonicMs();
    const report = (end: End) => onCall?.({ kind, waitedMs, durationMs: clock.monotonicMs() - startedMs, ...end });
    let response: GraphResponse;
    try {
      response = await send(request);
    } catch (error) {
      report(toEnd(error));
      throw error;
    }
    report({ status: 'ok', graphCode: undefined, usage: response.usage });
    return response;
  };
}

function toEnd(error: unknown): End {
  if (!isGraphError(error)) return { status: 'aborted', graphCode: undefined, usage: NO_USAGE };
  return { status: error.code, graphCode: error.graphCode, usage: error.usage };
}
