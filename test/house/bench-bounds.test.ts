/** The bounds of the benchmark follow from the answer times and the meter, and nothing measured may lie below them. */
import { describe, expect, it } from 'vitest';
import { firstSyncBoundSeconds, incrementalBoundSeconds, SEED_TERMS } from '../../bench/latency-model.ts';
import { type Row, toVerdict } from '../../bench/rows.ts';

const NO_METER = { ...SEED_TERMS, callsPerSecond: Infinity };

describe('the bound of a first sync', () => {
  it('is one list with messages when everything fits into it', () => {
    expect(firstSyncBoundSeconds(100, SEED_TERMS)).toBeCloseTo(1.7);
    expect(firstSyncBoundSeconds(10, SEED_TERMS)).toBeCloseTo(0.53);
  });

  it('is the shortest chain of cursors when calls are free: looks to the last list, which is then brought', () => {
    expect(firstSyncBoundSeconds(300, NO_METER)).toBeCloseTo(0.44 + 0.44 + 1.7);
  });

  it('grows by about a second for every list of 100 and its look when calls are two a second', () => {
    const growth = firstSyncBoundSeconds(4000, SEED_TERMS) - firstSyncBoundSeconds(3000, SEED_TERMS);
    expect(growth).toBeGreaterThan(7);
    expect(growth).toBeLessThan(10);
  });

  it('is less when a list brings more', () => {
    expect(firstSyncBoundSeconds(1000, { ...SEED_TERMS, listCap: 200 })).toBeLessThan(
      firstSyncBoundSeconds(1000, SEED_TERMS),
    );
  });
});

it('the bound of a later sync is a look, and one list of what is new', () => {
  expect(incrementalBoundSeconds(0, SEED_TERMS)).toBeCloseTo(0.4, 2);
  expect(incrementalBoundSeconds(10, SEED_TERMS)).toBeCloseTo(0.4 + 0.53, 1);
});

describe('a verdict', () => {
  const row: Row = {
    name: '',
    unit: 's',
    claim: '',
    before: undefined,
    bound: undefined,
    measured: { value: 0.6, calls: 2 },
    target: { value: 1, calls: 2 },
    notes: '',
  };

  it('is missed when it takes longer or more calls than the target, or a smaller share', () => {
    expect(toVerdict(row)).toBe('ok');
    expect(toVerdict({ ...row, measured: { value: 1.1, calls: 2 } })).toBe('missed');
    expect(toVerdict({ ...row, measured: { value: 0.6, calls: 3 } })).toBe('missed');
    expect(toVerdict({ ...row, unit: 'of COPY' })).toBe('missed');
    expect(toVerdict({ ...row, target: undefined })).toBe('');
  });
});
