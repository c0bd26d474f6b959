import { describe, expect, it } from 'vitest';
import { createApp } from './app.ts';
import { MAX_BODY_BYTES } from './json-body.ts';
import { PAGE_1 } from '../../test/support/answers.ts';
import { createFakeTidemark } from '../../test/support/fake-tidemark.ts';
import { createRecordingLog } from '../../test/support/http/recording-log.ts';

const PATH = '/api/conversations/sync';

async function post(init: RequestInit) {
  const log = createRecordingLog();
  const tidemark = createFakeTidemark();
  const response = await createApp({ tidemark, log }).request(PATH, { method: 'POST', ...init });
  return { status: response.status, body: (await response.json()) as Record<string, unknown>, log, tidemark };
}

function streamOf(pieces: readonly (Uint8Array | Error)[]): RequestInit {
  const left = pieces.values();
  const body = new ReadableStream({
    pull: (controller) => {
      const { value: piece, done } = left.next();
      if (done) controller.close();
      else if (piece instanceof Error) controller.error(piece);
      else controller.enqueue(piece);
    },
  });
  return { body, duplex: 'half' } as RequestInit;
}

const NAMES_PAGE_1 = JSON.stringify({ pageId: PAGE_1.id });

describe('a JSON body', () => {
  it.each([
    ['application/json'],
    ['application/json; charset=utf-8'],
    ['text/plain;charset=UTF-8'],
    ['application/x-www-form-urlencoded'],
    ['application/octet-stream'],
    ['nonsense'],
  ])('is read under the Content-Type %s', async (type) => {
    const { status } = await post({ headers: { 'Content-Type': type }, body: NAMES_PAGE_1 });

    expect(status).toBe(200);
  });

  it('is read without any Content-Type', async () => {
    const { status } = await post(streamOf([new TextEncoder().encode(NAMES_PAGE_1)]));

    expect(status).toBe(200);
  });

  it('is read whole when a character is cut by the network', async () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ facebookPageId: 'ü', pageId: PAGE_1.id }));
    const cut = bytes.indexOf(0xc3) + 1;
    const { tidemark } = await post(streamOf([bytes.subarray(0, cut), bytes.subarray(cut)]));

    expect(tidemark.asked[0]?.given).toMatchObject({ facebookPageId: 'ü', pageId: PAGE_1.id });
  });

  it.each(['', '  \r\n '])('counts as {} when it is %j', async (body) => {
    expect((await post({ body })).body['code']).toBe('PAGE_ID_REQUIRED');
  });

  it.each(['{', 'pageId=1', '{"pageId":"1"} {}', "{'pageId':'1'}", 'undefined'])(
    'is refused when it is %s',
    async (body) => {
      expect(await post({ body })).toMatchObject({ status: 400, body: { success: false, code: 'INVALID_JSON' } });
    },
  );

  it.each(['null', '[]', '"text"', '7', 'true'])('is refused when it is %s instead of an object', async (body) => {
    expect(await post({ body })).toMatchObject({
      status: 400,
      body: { code: 'INVALID_INPUT', error: 'The request body must be a JSON object.' },
    });
  });

  it('is taken up to the bound and refused one byte above it', async () => {
    const filled = (bytes: number) => NAMES_PAGE_1.padEnd(bytes, ' ');

    expect((await post({ body: filled(MAX_BODY_BYTES) })).status).toBe(200);
    expect(await post({ body: filled(MAX_BODY_BYTES + 1) })).toMatchObject({
      status: 413,
      body: { success: false, code: 'BODY_TOO_LARGE' },
    });
  });

  it('is refused by its announced length before it is read', async () => {
    const unreadable = streamOf([new Error('must not be read')]);
    const { status } = await post({ ...unreadable, headers: { 'Content-Length': String(MAX_BODY_BYTES + 1) } });

    expect(status).toBe(413);
  });

  it('that never ends is cut off at the bound', async () => {
    const megabyte = new Uint8Array(2 ** 20).fill(32);
    let sent = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        sent += 1;
        controller.enqueue(megabyte);
      },
    });
    const { status } = await post({ body, duplex: 'half' } as RequestInit);

    expect(status).toBe(413);
    expect(sent).toBeLessThan(5);
  });

  it('that breaks off is the sender’s fault and not ours', async () => {
    const { status, body } = await post(streamOf([new TextEncoder().encode('{"pageId":'), new Error('reset')]));

    expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'INVALID_JSON' });
  });

  it('that is not JSON is quoted neither in the answer nor in the log', async () => {
    const { body, log } = await post({ body: 'EAABtoken' });

    expect(JSON.stringify(body)).not.toContain('EAAB');
    expect(log.text()).not.toContain('EAAB');
  });
});
