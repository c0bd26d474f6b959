import { describe, expect, test } from 'vitest';
import { NO_USAGE } from '../core/limits/quota-usage.ts';
import type { OwnQuotas } from './call.ts';
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

const told = (objects: object) => ({ 'x-business-use-case-usage': JSON.stringify(objects) });
const messenger: OwnQuotas = { objectIds: new Set(['1']), useCases: ['messenger'] };
const instagram: OwnQuotas = { objectIds: new Set(['1', '178']), useCases: ['instagram'] };
const unlinked: OwnQuotas = { objectIds: new Set(['1']), useCases: ['instagram'] };

describe('readUsage', () => {
  test('takes the worst figure of each quota, also above 100', () => {
    const usage = readUsage(
      {
        'x-app-usage': JSON.stringify(figures(12, 0, 3)),
        'x-page-usage': JSON.stringify(figures(85, 56, 125)),
        'x-business-use-case-usage': JSON.stringify({ '1': [business('messenger', 107, 0)] }),
      },
      messenger,
    );
    expect(usage).toEqual({
      quotas: [
        { quota: 'app', percent: 12, regainMs: undefined },
        { quota: 'page', percent: 125, regainMs: undefined },
        { quota: 'messenger', percent: 107, regainMs: undefined },
      ],
      unreadable: [],
    });
  });

  test('finds its own among up to 32 business objects, takes the worst of them, and reads minutes', () => {
    const others = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`17800000000000${index}`, [business('instagram', 100, 45)]]),
    );
    const usage = readUsage(
      told({ ...others, '1': [business('instagram', 31, 0)], '178': [business('instagram', 7, 30)] }),
      instagram,
    );
    expect(usage.quotas).toEqual([{ quota: 'instagram', percent: 31, regainMs: 30 * 60_000 }]);
  });

  test.each<[string, object, OwnQuotas | undefined]>([
    ['another Page', { '2': [business('messenger', 100, 45)] }, messenger],
    ['another use case', { '1': [business('pages', 100, 45), business('instagram', 100, 45)] }, messenger],
    ['Messenger, on Instagram', { '1': [business('messenger', 100, 45)] }, instagram],
    ['the business that an Instagram account belongs to', { '645': [business('instagram', 100, 45)] }, instagram],
    ['an Instagram account that is not known', { '178': [business('instagram', 100, 45)] }, unlinked],
    ['anybody, when nobody is named', { '1': [business('messenger', 100, 45)] }, undefined],
    ['what calls itself the app', { '1': [business('app', 100, 45)] }, messenger],
  ])('takes nothing of %s', (_name, objects, own) => {
    expect(readUsage(told(objects), own)).toEqual(NO_USAGE);
  });

  test('of an Instagram read, which tells of the business as well, takes the account', () => {
    const objects = { '645': [business('instagram', 100, 45)], '178': [business('instagram', 4, 0)] };
    expect(readUsage(told(objects), instagram).quotas).toEqual([
      { quota: 'instagram', percent: 4, regainMs: undefined },
    ]);
  });

  test('an absent header is unknown, and an open quota has no regain time', () => {
    expect(readUsage({}, messenger)).toEqual(NO_USAGE);
    const open = readUsage(told({ '1': [business('messenger', 97, 0)] }), messenger);
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
