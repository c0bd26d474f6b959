import { describe, expect, it } from 'vitest';
import { nestedMessages, readFields, readLimit } from './fields.ts';
import type { Field } from './fields.ts';

const field = (name: string, rest: Partial<Field> = {}): Field => ({
  name,
  modifiers: {},
  children: undefined,
  ...rest,
});

describe('the fields parser', () => {
  it('reads names, limits and nested braces', () => {
    expect(readFields('id,messages.limit(20).after(abc){id,from{name}},snippet')).toEqual([
      field('id'),
      field('messages', {
        modifiers: { limit: '20', after: 'abc' },
        children: [field('id'), field('from', { children: [field('name')] })],
      }),
      field('snippet'),
    ]);
  });

  it('takes modifiers behind the braces and spaces between names', () => {
    expect(readFields('messages{ id , message }.limit(3), id')).toEqual([
      field('messages', { modifiers: { limit: '3' }, children: [field('id'), field('message')] }),
      field('id'),
    ]);
  });

  it('treats an absent and an empty list alike', () => {
    expect(readFields(undefined)).toBeUndefined();
    expect(readFields(' ')).toBeUndefined();
  });

  it.each(['id,', ',id', 'messages{id', 'messages{id}}', 'messages{}', 'id;name', 'messages.limit(20', '{id}'])(
    'refuses %s with code 2500',
    (text) => {
      expect(() => readFields(text)).toThrow(
        expect.objectContaining({ body: expect.objectContaining({ code: 2500 }) }),
      );
    },
  );

  it('caps limits silently and refuses what is no number', () => {
    expect(readLimit('500', { fallback: 25, cap: 100 })).toBe(100);
    expect(readLimit(undefined, { fallback: 25, cap: 100 })).toBe(25);
    expect(() => readLimit('-1', { fallback: 25, cap: 100 })).toThrow(/limit/);
  });

  it('knows how many messages per conversation a list asks for', () => {
    const bounds = { fallback: 25, cap: 100 };
    expect(nestedMessages(readFields('id,messages.limit(7){id}'), bounds)).toBe(7);
    expect(nestedMessages(readFields('id,messages'), bounds)).toBe(25);
    expect(nestedMessages(readFields('id,snippet'), bounds)).toBe(0);
  });
});
