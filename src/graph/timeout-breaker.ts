/**
 * Tells an answer that takes too long, which asking for less might cure, from a Facebook that answers nothing at all. No
 * run may go on asking for less and less when nobody is there.
 */
import { GraphError, isGraphError } from '../core/errors.ts';
import type { Send } from './call.ts';

/**
 * One conversation that Facebook cannot answer for takes three calls in the list it stands in and three by itself,
 * each for less. More timeouts in a row than these mean that nobody is there.
 */
const MOST_TIMEOUTS = 7;

/** After too many timeouts in a row, less is no longer worth asking for: the error says so. One per Page and run. */
export function withTimeoutBreaker(send: Send): Send {
  let timeouts = 0;
  return async (request) => {
    const before = timeouts;
    try {
      const answer = await send(request);
      timeouts = 0;
      return answer;
    } catch (error) {
      if (!isGraphError(error)) throw error;
      if (!isTimeout(error)) {
        timeouts = 0;
        throw error;
      }
      // Calls that waited side by side count as one timeout.
      if (timeouts === before) timeouts += 1;
      if (timeouts < MOST_TIMEOUTS) throw error;
      throw new GraphError(
        'GRAPH_UNREACHABLE',
        `${error.message} Nor did it answer the ${timeouts - 1} calls before.`,
        {
          kind: 'transient',
          cause: error,
        },
      );
    }
  };
}

function isTimeout({ kind, code }: GraphError): boolean {
  return kind === 'too-much-data' && code === 'GRAPH_UNREACHABLE';
}
