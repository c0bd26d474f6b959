import { describe, expect, it } from 'vitest';
import { GraphError } from '../core/errors.ts';
import { createLookLimit } from './look-limit.ts';

const refusal = new GraphError('GRAPH_ERROR', 'limit should not exceed 100', { kind: 'invalid', graphCode: 100 });

/** A list that takes no more than `most`; `asked` says what it was asked for. */
function listOf(most: number) {
  const asked: number[] = [];
  const ask = async (limit: number) => {
    asked.push(limit);
    if (limit > most) throw refusal;
    return limit;
  };
  return { asked, ask };
}

describe('the limit of looks', () => {
  it('is tried at the head of a list, and then used behind cursors too', async () => {
    const looks = createLookLimit();
    const { asked, ask } = listOf(200);
    for (const after of ['A', undefined, 'A']) await looks.list({ limit: 200, after }, ask);
    expect(asked).toEqual([100, 200, 200]);
  });

  it('is a hundred for good once more was refused, which costs one call', async () => {
    const looks = createLookLimit();
    const { asked, ask } = listOf(100);
    for (const after of [undefined, 'A', undefined]) await looks.list({ limit: 200, after }, ask);
    expect(asked).toEqual([200, 100, 100, 100]);
  });

  it('is not doubted when a cursor is refused, nor when a list of a hundred is refused as well', async () => {
    const looks = createLookLimit();
    await looks.list({ limit: 200, after: undefined }, listOf(200).ask);
    await expect(looks.list({ limit: 200, after: 'DEAD' }, listOf(0).ask)).rejects.toBe(refusal);
    await expect(looks.list({ limit: 200, after: undefined }, listOf(0).ask)).rejects.toBe(refusal);
    const { asked, ask } = listOf(200);
    await looks.list({ limit: 200, after: 'A' }, ask);
    expect(asked).toEqual([200]);
  });

  it('leaves smaller wishes alone', async () => {
    const { asked, ask } = listOf(200);
    await createLookLimit().list({ limit: 25, after: undefined }, ask);
    expect(asked).toEqual([25]);
  });
});
