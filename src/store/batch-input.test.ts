import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../core/model.ts';
import { toBatchInput, toRaw } from './batch-input.ts';

const BREAKS = ['\n', '\r\n', '\u2028', '\u0085', String.raw`\n`];
const anyRaw = fc.dictionary(
  fc.string(),
  fc.oneof(fc.jsonValue(), fc.constantFrom(...BREAKS)),
) as fc.Arbitrary<JsonObject>;

describe('the input of a batch', () => {
  it('has what Facebook sent on one line each, whatever breaks the lines of a text', () => {
    fc.assert(
      fc.property(fc.array(anyRaw, { minLength: 1 }), (sent) => {
        const [rows, raws] = toBatchInput(sent.map((raw, id) => ({ columns: { id }, raw: toRaw(raw).raw })));
        expect(JSON.parse(rows)).toEqual(sent.map((_, id) => ({ id })));
        expect(raws.split('\n').map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(sent)));
      }),
    );
  });

  it('says where something had to be replaced', () => {
    const { raw, isReplaced } = toRaw({ text: 'a\0b' });
    expect(isReplaced).toBe(true);
    expect(JSON.parse(raw)).toEqual({ text: 'a\uFFFDb', _tidemark: { replaced: ['text'] } });
    expect(toRaw({ text: 'ab' }).isReplaced).toBe(false);
  });
});
