import { describe, expect, it } from 'vitest';
import { GraphError } from '../core/errors.ts';
import { NO_USAGE } from '../core/limits/quota-usage.ts';
import type { GraphRequest, Send } from './call.ts';
import { createMaxPageSize, withMaxPageSize } from './max-page-size.ts';

const refusal = new GraphError('GRAPH_ERROR', 'limit should not exceed 100', { kind: 'invalid', graphCode: 100 });

/** A list that takes no more than `most`; `asked` says what it was asked for. */
function listOf(most: number) {
  const asked: (number | undefined)[] = [];
  const send: Send = async ({ list }) => {
    asked.push(list?.limit);
    if (list !== undefined && list.limit > most) throw refusal;
    return { body: {}, servedAt: undefined, usage: NO_USAGE, durationMs: 1 };
  };
  return { asked, send };
}

const request = (limit: number, after: string | undefined): GraphRequest => ({
  kind: 'light',
  path: ['1', 'conversations'],
  params: {},
  list: { limit, after },
  subject: 'Page 1',
});

describe('the largest page size', () => {
  it('is tried at the head of a list, and then used behind cursors too', async () => {
    const { asked, send } = listOf(200);
    const sized = withMaxPageSize(send, createMaxPageSize());
    for (const after of ['A', undefined, 'A']) await sized(request(200, after));
    expect(asked).toEqual([100, 200, 200]);
  });

  it('is a hundred for good, for all Pages, once more was refused, which costs one call', async () => {
    const known = createMaxPageSize();
    const { asked, send } = listOf(100);
    for (const after of [undefined, 'A', undefined]) await withMaxPageSize(send, known)(request(200, after));
    expect(asked).toEqual([200, 100, 100, 100]);
  });

  it('is not doubted when a cursor is refused, nor when a list of a hundred is refused as well', async () => {
    const known = createMaxPageSize();
    await withMaxPageSize(listOf(200).send, known)(request(200, undefined));
    const refusing = withMaxPageSize(listOf(0).send, known);
    await expect(refusing(request(200, 'DEAD'))).rejects.toBe(refusal);
    await expect(refusing(request(200, undefined))).rejects.toBe(refusal);
    const { asked, send } = listOf(200);
    await withMaxPageSize(send, known)(request(200, 'A'));
    expect(asked).toEqual([200]);
  });

  it('leaves smaller lists alone, and what is no list', async () => {
    const { asked, send } = listOf(200);
    const sized = withMaxPageSize(send, createMaxPageSize());
    await sized(request(25, undefined));
    await sized({ ...request(25, undefined), list: undefined });
    expect(asked).toEqual([25, undefined]);
  });
});
