import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../core/model.ts';
import { ask, firstPage, startSmall } from '../../test/support/simulator/ask.ts';
import { contentHash } from './content-hash.ts';

const PHOTO = 'https://scontent-ams2-1.cdn.example/v/t1.15752-9/4711_n.jpg';
const signed = (signature: string, host = 'scontent-ams2-1') =>
  `${PHOTO.replace('scontent-ams2-1', host)}?_nc_cat=1&ccb=1-7&oh=00_${signature}&oe=6${signature.slice(0, 6)}`;
const withPhoto = (url: string): JsonObject => ({ id: 'm1', attachments: { data: [{ image_data: { url } }] } });

describe('the fingerprint', () => {
  it('is the same for the same content, whatever order its fields came in', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const raw = object as JsonObject;
        expect(contentHash(Object.fromEntries(Object.entries(raw).toReversed()))).toBe(contentHash(raw));
      }),
    );
  });

  it('differs for different content', () => {
    const field = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    fc.assert(
      fc.property(field, field, (a: JsonValue, b: JsonValue) => {
        expect(contentHash({ a }) === contentHash({ a: b })).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  it('does not see a new signature or another host of a media address', () => {
    expect(contentHash(withPhoto(signed('abcdef0')))).toBe(contentHash(withPhoto(signed('9876543'))));
    expect(contentHash(withPhoto(signed('abcdef0')))).toBe(contentHash(withPhoto(signed('abcdef0', 'scontent-fra3'))));
  });

  it.each([
    (n: number) => `https://lookaside.example/ig_messaging_cdn/?asset_id=17&signature=AbC${n}_x`,
    (n: number) => `https://cdn.example/v/4711.mp4?oh=a${n}&_nc_ohc=b${n}&_nc_ht=scontent-${n}`,
    (n: number) => `https://cdn.example/4711.jpg?__gda__=17${n}_ab${n}`,
    (n: number) => `https://lookaside.example/file?id=5&ext=17${n}&hash=AeQ${n}`,
    (n: number) =>
      `https://b${n}.s3.example/4711.jpg?X-Amz-Date=2026${n}&X-Amz-Credential=c%2F${n}&X-Amz-Signature=d${n}`,
    (n: number) => `https://cdn.example/4711.jpg?Expires=17${n}&Signature=a~b-${n}&Key-Pair-Id=K${n}`,
    (n: number) => `https://blob.example/4711.jpg?sv=2024-11-04&se=2026-${n}&sr=b&sp=r&sig=abc%2B${n}%3D`,
    (n: number) => `https://cdn.example/4711.jpg?token=a${n}&expires=17${n}`,
  ])('does not see a new signature of another kind: %o', (address) => {
    expect(contentHash(withPhoto(address(1)))).toBe(contentHash(withPhoto(address(2))));
    const other = address(1).replace(/4711|17&|id=5/, 'another');
    expect(contentHash(withPhoto(other))).not.toBe(contentHash(withPhoto(address(1))));
  });

  it('sees another picture, an address without a signature, and a picture that is gone', () => {
    const seen = [
      signed('abcdef0'),
      signed('abcdef0').replace('4711', '4712'),
      `${PHOTO}?size=1`,
      `${PHOTO}?size=2`,
      '',
    ];
    expect(new Set(seen.map((url) => contentHash(withPhoto(url)))).size).toBe(seen.length);
  });

  it('sees every change of a text around a signed address', () => {
    const texts = [
      `look ${signed('abcdef0')} please`,
      `look ${signed('abcdef0')} thanks`,
      `see ${signed('abcdef0')} please`,
      `look ${signed('abcdef0')}\nplease`,
      `look ${signed('abcdef0')} "please"`,
      'https://a.example hello? it is oe=1',
      'https://a.example goodbye? it is oe=1',
    ];
    expect(new Set(texts.map((message) => contentHash({ message }))).size).toBe(texts.length);
  });

  it('is made of lone surrogates and empty objects as well', () => {
    expect(contentHash({})).toMatch(/^[\w-]{27}$/);
    expect(contentHash({ text: '\ud800' })).not.toBe(contentHash({ text: '\ud801' }));
  });

  it('does not see that the stories and media of an Instagram message are signed anew every day', async () => {
    let now = Date.UTC(2026, 0, 15, 9, 30);
    await using simulator = await startSmall({ instagramConversations: 1, now: () => now });
    const wishes = [
      { story: 'reply', text: 'Nice' },
      { story: 'mention' },
      { attachments: ['image', 'video', 'audio'] },
    ] as const;
    const parameters = { fields: 'id,created_time,message,story,attachments' };
    for (const wish of wishes) {
      const { messageId } = simulator.world.newMessage(firstPage(simulator).id, undefined, {
        platform: 'instagram',
        ...wish,
      });
      const read = async () => (await ask<JsonObject>(simulator, messageId, { parameters })).json;
      const today = await read();
      now += 26 * 3_600_000;
      const tomorrow = await read();
      expect(tomorrow).not.toEqual(today);
      expect(contentHash(tomorrow)).toBe(contentHash(today));
    }
  });
});
