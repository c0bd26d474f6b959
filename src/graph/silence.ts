/**
 * Tells an answer that takes too long, which less of the same might cure, from a Facebook that says nothing at all. No
 * run may go on asking smaller and smaller questions into the void.
 */
import { GraphError, isGraphError } from '../core/errors.ts';
import type { Send } from './call.ts';

/**
 * One conversation that Facebook cannot answer for takes three calls in the list it stands in and three by itself,
 * each for less. Whoever is silent for longer is not there.
 */
const MOST_SILENCES = 7;

/** Ends the hope for a smaller answer when nothing was answered for too many calls in a row. One per Page and run. */
export function withSilenceLimit(send: Send): Send {
  let silences = 0;
  return async (request) => {
    const before = silences;
    try {
      const answer = await send(request);
      silences = 0;
      return answer;
    } catch (error) {
      if (!isGraphError(error)) throw error;
      if (!isSilence(error)) {
        silences = 0;
        throw error;
      }
      // Calls that waited side by side have heard one silence.
      if (silences === before) silences += 1;
      if (silences < MOST_SILENCES) throw error;
      throw new GraphError(
        'GRAPH_UNREACHABLE',
        `${error.message} Nor did it answer the ${silences - 1} calls before.`,
        {
          kind: 'transient',
          cause: error,
        },
      );
    }
  };
}

function isSilence({ kind, code }: GraphError): boolean {
  return kind === 'too-much-data' && code === 'GRAPH_UNREACHABLE';
}
