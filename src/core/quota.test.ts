import { describe, expect, it } from 'vitest';
import { boundQuiet, fillOf, type PoolUsage, quietsOf, regainMsOf } from './quota.ts';

const MINUTE_MS = 60_000;
const usage = (pool: string, percent: number, regainMinutes?: number): PoolUsage => ({
  pool,
  percent,
  regainMs: regainMinutes === undefined ? undefined : regainMinutes * MINUTE_MS,
});

describe('the quiet that usage headers ask for', () => {
  it('is none below 100 %, and none when nothing is told', () => {
    expect(quietsOf([])).toEqual([]);
    expect(quietsOf([usage('app', 99), usage('page', 97), usage('messenger', 99.9)])).toEqual([]);
  });

  it.each([
    { pool: 'app', percent: 100, told: undefined, scope: 'app', minutes: 5 },
    { pool: 'app', percent: 125, told: undefined, scope: 'app', minutes: 5 },
    { pool: 'page', percent: 100, told: undefined, scope: 'page', minutes: 5 },
    { pool: 'messenger', percent: 107, told: 13, scope: 'page', minutes: 13 },
    // The answer came through, and yet Facebook says when the pool opens again.
    { pool: 'messenger', percent: 60, told: 2, scope: 'page', minutes: 2 },
    { pool: 'instagram', percent: 100, told: 1, scope: 'page', minutes: 1 },
    { pool: 'pages', percent: 100, told: undefined, scope: 'page', minutes: 5 },
  ])('of $pool at $percent % with $told minutes to wait is for the $scope: $minutes minutes', (given) => {
    const { pool, percent, told, scope, minutes } = given;
    const [quiet, ...others] = quietsOf([usage('custom_audience', 0), usage(pool, percent, told)]);
    expect(quiet).toMatchObject({ scope, ms: minutes * MINUTE_MS });
    expect(quiet?.reason).toContain(`${pool} quota as ${percent} % used`);
    expect(others).toEqual([]);
  });

  it('is one for each pool that is full, the app beside the Page', () => {
    expect(quietsOf([usage('app', 100), usage('messenger', 100, 30)]).map(({ scope }) => scope)).toEqual([
      'app',
      'page',
    ]);
  });

  it('never lasts longer than the longest quota', () => {
    const endless = { scope: 'page', ms: Infinity, reason: 'odd header' } as const;
    expect(boundQuiet(endless)).toEqual({ ...endless, ms: 24 * 60 * MINUTE_MS });
    expect(boundQuiet({ ...endless, ms: 5000 }).ms).toBe(5000);
  });
});

describe('of what is told of several pools', () => {
  const told = [usage('app', 12), usage('messenger', 85, 3), usage('page', 40, 7), usage('pages', 107)];

  it('the fullest one counts, the app by itself (I8)', () => {
    expect(fillOf(told, 'app')).toBe(12);
    expect(fillOf(told, 'page')).toBe(107);
    expect(fillOf([], 'app')).toBe(0);
  });

  it('the most closed one counts, the app by itself (I8)', () => {
    expect(regainMsOf(told, 'page')).toBe(7 * MINUTE_MS);
    expect(regainMsOf(told, 'app')).toBeUndefined();
  });
});
