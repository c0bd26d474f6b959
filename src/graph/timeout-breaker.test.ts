import { describe, expect, test } from 'vitest';
import { NO_USAGE } from '../core/limits/quota-usage.ts';
import { GraphError, isGraphError } from '../core/errors.ts';
import type { GraphResponse, GraphRequest } from './call.ts';
import { withTimeoutBreaker } from './timeout-breaker.ts';

const ANSWER: GraphResponse = { body: {}, servedAt: undefined, usage: NO_USAGE, durationMs: 1 };
const REQUEST: GraphRequest = { kind: 'light', path: ['1'], params: {}, subject: 'Page 1' };
const timeout = () => new GraphError('GRAPH_UNREACHABLE', 'No answer within 60 s.', { kind: 'too-much-data' });

/** A client that answers in turn; what each call came to, in kinds. */
async function hear(turns: readonly (Error | undefined)[]): Promise<string[]> {
  const left = [...turns];
  const send = withTimeoutBreaker(async () => {
    const turn = left.shift();
    if (turn !== undefined) throw turn;
    return ANSWER;
  });
  const heard: string[] = [];
  for (const _ of turns) {
    heard.push(
      await send(REQUEST).then(
        () => 'answered',
        (error: unknown) => (isGraphError(error) ? error.kind : String(error)),
      ),
    );
  }
  return heard;
}

describe('the timeout breaker', () => {
  test('lets less be asked for six times, and then says that nobody is there', async () => {
    expect(await hear(Array.from({ length: 8 }, timeout))).toEqual([
      ...Array<string>(6).fill('too-much-data'),
      'transient',
      'transient',
    ]);
  });

  test('starts anew with any answer, be it a refusal', async () => {
    const refusal = new GraphError('GRAPH_ERROR', 'No.', { kind: 'invalid' });
    for (const sign of [undefined, refusal]) {
      const timeouts = Array.from({ length: 6 }, timeout);
      expect(await hear([...timeouts, sign, ...timeouts])).not.toContain('transient');
    }
  });

  test('counts calls that wait side by side as one timeout', async () => {
    const send = withTimeoutBreaker(async () => {
      throw timeout();
    });
    for (let wave = 1; wave <= 6; wave++) {
      const heard = await Promise.allSettled(Array.from({ length: 5 }, () => send(REQUEST)));
      for (const call of heard) expect(call).toMatchObject({ reason: { kind: 'too-much-data' } });
    }
    await expect(send(REQUEST)).rejects.toMatchObject({ kind: 'transient', code: 'GRAPH_UNREACHABLE' });
  });
});
