import { describe, expect, it } from 'vitest';
import { GraphError, type GraphFaultKind, TidemarkError } from './errors.ts';
import {
  checkpointBehind,
  decideOutcome,
  isListRefused,
  type Settled,
  stopBehind,
  type WalkEnd,
  type WalkPurpose,
} from './outcome.ts';
import type { PassKind } from './passes.ts';
import { pageOf } from '../../test/support/core/surveyed.ts';

const STARTED_AT = 5_000_000;
const NEXT_WATERMARK = 4_000_000;
const reached = { after: 'reached', nextWatermark: NEXT_WATERMARK, startedAt: STARTED_AT };
const begunWith = { after: 'begun with', nextWatermark: 1, startedAt: 2 };
const refusal = new GraphError('GRAPH_ERROR', 'An unknown error has occurred.', { kind: 'transient' });
const throttle = new TidemarkError('THROTTLED', 'Come back in an hour.');

const WALKS: { readonly [Kind in WalkEnd['kind']]: Extract<WalkEnd, { kind: Kind }> } = {
  complete: { kind: 'complete', nextWatermark: NEXT_WATERMARK },
  stopped: { kind: 'stopped', checkpoint: reached },
  refused: { kind: 'refused', error: refusal },
  throttled: { kind: 'throttled', error: throttle, checkpoint: reached },
};

const complete = { kind: 'ended', end: { kind: 'complete', watermark: NEXT_WATERMARK } };
const inspected = { kind: 'ended', end: { kind: 'inspected' } };
const stopped = (checkpoint: unknown) => ({ kind: 'ended', end: { kind: 'stopped', checkpoint } });
const settleLater = stopped({ after: undefined, nextWatermark: NEXT_WATERMARK, startedAt: STARTED_AT });
const failed = (error: Error, checkpoint?: unknown) => ({ kind: 'failed', error, checkpoint });
const same = (outcome: object) => ({ whole: outcome, doubtful: outcome, stopped: outcome });

/** Complete: a purpose, an end or a verdict more does not compile without its row. */
const EXPECTED: Readonly<Record<WalkPurpose, Record<WalkEnd['kind'], Readonly<Record<Settled, object>>>>> = {
  sync: {
    complete: { whole: complete, doubtful: stopped(undefined), stopped: settleLater },
    stopped: same(stopped(reached)),
    refused: same({ ...stopped(begunWith), reason: { code: 'LIST_REFUSED' } }),
    throttled: same(failed(throttle, reached)),
  },
  repair: {
    complete: { whole: complete, doubtful: stopped(undefined), stopped: settleLater },
    stopped: same(stopped(reached)),
    refused: same(failed(refusal)),
    throttled: same(failed(throttle)),
  },
  inspect: {
    complete: { whole: inspected, doubtful: inspected, stopped: settleLater },
    stopped: same(stopped(reached)),
    refused: same(failed(refusal)),
    throttled: same(failed(throttle)),
  },
};

describe('the outcome of a walk (I1)', () => {
  const purposes = Object.keys(EXPECTED) as WalkPurpose[];
  const cases = purposes.flatMap((purpose) => (Object.keys(WALKS) as WalkEnd['kind'][]).map((kind) => [purpose, kind]));
  it.each(cases as [WalkPurpose, WalkEnd['kind']][])('%s, %s', (purpose, kind) => {
    for (const settled of ['whole', 'doubtful', 'stopped'] as const) {
      const decided = decideOutcome({
        purpose,
        mode: 'full',
        walk: WALKS[kind],
        settled,
        startedAt: STARTED_AT,
        checkpoint: begunWith,
      });
      const expected = EXPECTED[purpose][kind][settled];
      expect(decided).toMatchObject(expected);
      expect(decided.kind === 'ended' && decided.end.kind === 'complete').toBe(expected === complete);
    }
  });

  it('keeps no checkpoint of an incremental walk that was throttled', () => {
    const walk = WALKS.throttled;
    const verdict = { purpose: 'sync', mode: 'incremental', walk, settled: 'whole', startedAt: 0 } as const;
    expect(decideOutcome({ ...verdict, checkpoint: undefined })).toEqual(failed(throttle));
  });
});

describe('a walk that stops behind a list page', () => {
  const batch = { ...pageOf(undefined, [true]), next: 'reached', nextWatermark: NEXT_WATERMARK };
  const EXPECTED_STOP: Readonly<Record<PassKind, { readonly ordered: object; readonly disordered: object }>> = {
    filtered: {
      ordered: { kind: 'stopped', checkpoint: undefined },
      disordered: { kind: 'stopped', checkpoint: undefined },
    },
    main: {
      ordered: { kind: 'stopped', checkpoint: reached },
      disordered: { kind: 'stopped', checkpoint: { ...reached, toEnd: true } },
    },
    recheck: { ordered: WALKS.complete, disordered: WALKS.complete },
  };

  it.each(Object.keys(EXPECTED_STOP) as PassKind[])('of the %s pass', (pass) => {
    expect(stopBehind({ ...batch, pass }, STARTED_AT)).toEqual(EXPECTED_STOP[pass].ordered);
    expect(stopBehind({ ...batch, pass, disordered: true }, STARTED_AT)).toEqual(EXPECTED_STOP[pass].disordered);
  });

  it('has no checkpoint before the first page, nor behind the last one', () => {
    expect(checkpointBehind(undefined, STARTED_AT)).toBeUndefined();
    expect(checkpointBehind({ ...batch, next: undefined }, STARTED_AT)).toBeUndefined();
  });
});

describe('a list is refused', () => {
  const EXPECTED_REFUSAL: Readonly<Record<GraphFaultKind, boolean>> = {
    transient: true,
    'too-much-data': true,
    invalid: true,
    throttled: false,
    token: false,
    permission: false,
    missing: false,
    blocked: false,
  };

  it.each(Object.entries(EXPECTED_REFUSAL) as [GraphFaultKind, boolean][])('by %s: %s', (kind, expected) => {
    expect(isListRefused(new GraphError('GRAPH_ERROR', 'No.', { kind }))).toBe(expected);
    expect(isListRefused(new GraphError('GRAPH_UNREACHABLE', 'Nobody there.', { kind }))).toBe(false);
  });
});
