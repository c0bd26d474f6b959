import { describe, expect, it } from 'vitest';
import { boundCooldown, cooldownsOf, type QuotaUsage, regainMsOf, utilizationOf } from './quota-usage.ts';

const MINUTE_MS = 60_000;
const usage = (quota: string, percent: number, regainMinutes?: number): QuotaUsage => ({
  quota,
  percent,
  regainMs: regainMinutes === undefined ? undefined : regainMinutes * MINUTE_MS,
});

describe('the cooldown that usage headers ask for', () => {
  it('is none below 100 %, and none when nothing is told', () => {
    expect(cooldownsOf([])).toEqual([]);
    expect(cooldownsOf([usage('app', 99), usage('page', 97), usage('messenger', 99.9)])).toEqual([]);
  });

  it.each([
    { quota: 'app', percent: 100, told: undefined, scope: 'app', minutes: 5 },
    { quota: 'app', percent: 125, told: undefined, scope: 'app', minutes: 5 },
    { quota: 'page', percent: 100, told: undefined, scope: 'page', minutes: 5 },
    { quota: 'messenger', percent: 107, told: 13, scope: 'page', minutes: 13 },
    // The answer came through, and yet Facebook says when the quota opens again.
    { quota: 'messenger', percent: 60, told: 2, scope: 'page', minutes: 2 },
    { quota: 'instagram', percent: 100, told: 1, scope: 'page', minutes: 1 },
    { quota: 'pages', percent: 100, told: undefined, scope: 'page', minutes: 5 },
  ])('of $quota at $percent % with $told minutes to wait is for the $scope: $minutes minutes', (given) => {
    const { quota, percent, told, scope, minutes } = given;
    const [cooldown, ...others] = cooldownsOf([usage('custom_audience', 0), usage(quota, percent, told)]);
    expect(cooldown).toMatchObject({ scope, ms: minutes * MINUTE_MS });
    expect(cooldown?.reason).toContain(`${quota} quota as ${percent} % used`);
    expect(others).toEqual([]);
  });

  it('is one for each quota that is used up, the app beside the Page', () => {
    expect(cooldownsOf([usage('app', 100), usage('messenger', 100, 30)]).map(({ scope }) => scope)).toEqual([
      'app',
      'page',
    ]);
  });

  it('never lasts longer than the longest quota', () => {
    const endless = { scope: 'page', ms: Infinity, reason: 'odd header' } as const;
    expect(boundCooldown(endless)).toEqual({ ...endless, ms: 24 * 60 * MINUTE_MS });
    expect(boundCooldown({ ...endless, ms: 5000 }).ms).toBe(5000);
  });
});

describe('of what is told of several quotas', () => {
  const told = [usage('app', 12), usage('messenger', 85, 3), usage('page', 40, 7), usage('pages', 107)];

  it('the most used one counts, the app by itself (I8)', () => {
    expect(utilizationOf(told, 'app')).toBe(12);
    expect(utilizationOf(told, 'page')).toBe(107);
    expect(utilizationOf([], 'app')).toBe(0);
  });

  it('the longest blocked one counts, the app by itself (I8)', () => {
    expect(regainMsOf(told, 'page')).toBe(7 * MINUTE_MS);
    expect(regainMsOf(told, 'app')).toBeUndefined();
  });
});
