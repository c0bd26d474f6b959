import { describe, expect, test } from 'vitest';
import { NO_USAGE } from '../core/limits/quota-usage.ts';
import { readUsage } from './usage.ts';

const figures = (call_count: number, total_cputime: number, total_time: number) => ({
  call_count,
  total_cputime,
  total_time,
});
const business = (type: string, percent: number, minutes: number) => ({
  type,
  ...figures(percent, 0, 0),
  estimated_time_to_regain_access: minutes,
});

describe('readUsage', () => {
  test('takes the worst figure of each quota, also above 100', () => {
    const usage = readUsage({
      'x-app-usage': JSON.stringify(figures(12, 0, 3)),
      'x-page-usage': JSON.stringify(figures(85, 56, 125)),
      'x-business-use-case-usage': JSON.stringify({ '1': [business('messenger', 107, 0)] }),
    });
    expect(usage).toEqual({
      quotas: [
        { quota: 'app', percent: 12, regainMs: undefined },
        { quota: 'page', percent: 125, regainMs: undefined },
        { quota: 'messenger', percent: 107, regainMs: undefined },
      ],
      unreadable: [],
    });
  });

  test('merges up to 32 business objects by type, and reads minutes', () => {
    const objects = Object.fromEntries(
      Array.from({ length: 32 }, (_, index) => [
        `17800000000000${index}`,
        [business('instagram', (index * 7) % 32, (index * 5) % 32)],
      ]),
    );
    const usage = readUsage({
      'x-business-use-case-usage': JSON.stringify({ ...objects, '9': [business('pages', 1, 0)] }),
    });
    expect(usage.quotas).toHaveLength(2);
    expect(usage.quotas).toContainEqual({ quota: 'instagram', percent: 31, regainMs: 31 * 60_000 });
  });

  test('an absent header is unknown, and an open quota has no regain time', () => {
    expect(readUsage({})).toEqual(NO_USAGE);
    const open = readUsage({ 'x-business-use-case-usage': JSON.stringify({ '1': [business('messenger', 97, 0)] }) });
    expect(open.quotas).toEqual([{ quota: 'messenger', percent: 97, regainMs: undefined }]);
  });

  test('a header that cannot be read is named and spoils nothing else', () => {
    for (const bad of ['', '{"call_count":', '[]', '"x"', '{"call_count":"many"}', 'null']) {
      const usage = readUsage({ 'x-app-usage': bad, 'x-page-usage': JSON.stringify(figures(1, 2, 3)) });
      expect(usage).toEqual({
        quotas: [{ quota: 'page', percent: 3, regainMs: undefined }],
        unreadable: ['x-app-usage'],
      });
    }
    for (const bad of ['nonsense', '{"1":[null]}', '{"1":"x"}', '{"1":[{"call_count":1}]}']) {
      expect(readUsage({ 'x-business-use-case-usage': bad })).toEqual({
        quotas: [],
        unreadable: ['x-business-use-case-usage'],
      });
    }
  });
});
