import { once } from 'node:events';
import { request as nodeRequest, type IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { Tidemark } from '../api/tidemark.ts';
import { must } from '../lib/must.ts';
import type { SyncAllAnswer, SyncAnswer } from '../api/sync.ts';
import { MAX_BODY_BYTES } from './json-body.ts';
import { startServer, type RunningServer } from './server.ts';
import { PAGE_1 } from '../../test/support/answers.ts';
import { createFakeTidemark } from '../../test/support/fake-tidemark.ts';

/** As they were before any server was started. */
const globalsBefore = { Request, Response };

const running: RunningServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(tidemark: Tidemark = createFakeTidemark(), closeTimeoutMs?: number): Promise<RunningServer> {
  const server = await startServer({ tidemark, host: '127.0.0.1', port: 0, closeTimeoutMs });
  running.push(server);
  return server;
}

/** A Tidemark whose sync tells when it has begun and waits to be released. */
function heldSync() {
  const fake = createFakeTidemark();
  const begun = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const sync: Tidemark['sync'] = async (request) => {
    begun.resolve();
    await release.promise;
    ended.resolve();
    return fake.sync(request);
  };
  return { tidemark: { ...fake, sync }, begun: begun.promise, release: release.resolve, ended: ended.promise };
}

function askForSync(url: string): Promise<Response> {
  return fetch(`${url}/api/conversations/sync`, { method: 'POST', body: JSON.stringify({ pageId: PAGE_1.id }) });
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

describe('the server', () => {
  it('serves a client that posts both ids and reads syncMode and synced', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/api/conversations/sync`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ pageId: PAGE_1.id, facebookPageId: PAGE_1.facebookPageId }),
    });
    const result = (await response.json()) as SyncAnswer;

    expect([`Mode: ${result.syncMode}`, `Synced: ${result.synced} conversations`]).toEqual([
      'Mode: incremental',
      'Synced: 5 conversations',
    ]);
  });

  it.each([
    ['with a JSON Content-Type and no body', { method: 'POST', headers: { 'Content-Type': 'application/json' } }],
    ['with nothing but the method', { method: 'POST' }],
  ])('serves a client that syncs all Pages %s', async (_what, init) => {
    const { url } = await start();
    const response = await fetch(`${url}/api/conversations/sync-all`, init);
    const result = (await response.json()) as SyncAllAnswer;

    expect(response.status).toBe(200);
    expect([result.totals.totalSynced, result.totalPages, result.totals.successCount]).toEqual([5, 2, 1]);
  });

  it('refuses a name that is not loopback on the wire as well', async () => {
    const { url } = await start();
    const request = nodeRequest(`${url}/api/pages`, { headers: { Host: 'rebound.example.com' } }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();

    expect(response.statusCode).toBe(403);
  });

  it('answers 413 to a body that outgrows the bound while it is being sent', async () => {
    const { url } = await start();
    const request = nodeRequest(`${url}/api/conversations/sync`, { method: 'POST' });
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    request.write(Buffer.alloc(MAX_BODY_BYTES, ' '));
    request.write(Buffer.alloc(MAX_BODY_BYTES, ' '));
    const [response] = await answered;
    request.destroy();

    expect(response.statusCode).toBe(413);
  });

  it('says PORT_IN_USE when something else listens there', async () => {
    const { url } = await start();
    const second = startServer({ tidemark: createFakeTidemark(), host: '127.0.0.1', port: portOf(url) });

    await expect(second).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `Something else already listens on 127.0.0.1:${portOf(url)}; end it, or set PORT to another one.`,
    });
  });

  it.each([
    ['192.0.2.1', 0],
    ['127.0.0.1', 70_000],
  ])('says INVALID_SETTING when it cannot listen on %s:%i', async (host, port) => {
    const started = startServer({ tidemark: createFakeTidemark(), host, port });

    await expect(started).rejects.toMatchObject({ code: 'INVALID_SETTING', message: expect.stringContaining(host) });
  });

  it('tells an IPv6 address in brackets', async () => {
    const server = await startServer({ tidemark: createFakeTidemark(), host: '::1', port: 0 });
    running.push(server);

    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  it('leaves the global Request and Response alone', async () => {
    const { url } = await start();
    await fetch(`${url}/healthz`);

    expect(globalThis.Request).toBe(globalsBefore.Request);
    expect(globalThis.Response).toBe(globalsBefore.Response);
  });

  it('finishes running requests before it closes, and takes no new ones meanwhile', async () => {
    const held = heldSync();
    const { url, close } = await start(held.tidemark);
    const answer = askForSync(url);
    await held.begun;
    const closed = close();

    await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
    held.release();
    expect((await answer).status).toBe(200);
    await closed;
  });

  it('closes although a kept-alive connection is open', async () => {
    const { url, close } = await start();
    await (await fetch(`${url}/healthz`)).text();
    const startedAt = performance.now();
    await close();

    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it('cuts requests that outlast the bound of close', async () => {
    const held = heldSync();
    const { url, close } = await start(held.tidemark, 50);
    const outcome = askForSync(url).then(
      () => 'answered',
      () => 'cut',
    );
    await held.begun;
    await close();

    expect(await outcome).toBe('cut');
    held.release();
  });

  it('may be closed twice while a request is running', async () => {
    const held = heldSync();
    const { url, close } = await start(held.tidemark, 60_000);
    const answer = askForSync(url);
    await held.begun;
    const closed = Promise.all([close(), close()]);
    held.release();

    expect((await answer).status).toBe(200);
    await closed;
  });

  it('frees the port when closed', async () => {
    const { url, close } = await start();
    await close();
    const probe = createServer().listen(portOf(url), '127.0.0.1');
    await once(probe, 'listening');

    expect(probe.listening).toBe(true);
    probe.close();
  });

  it('lets a sync go on when its client goes away', async () => {
    const held = heldSync();
    const { url } = await start(held.tidemark);
    const client = new AbortController();
    const gone = fetch(`${url}/api/conversations/sync`, {
      method: 'POST',
      body: JSON.stringify({ pageId: PAGE_1.id }),
      signal: client.signal,
    }).catch((error: unknown) => must(error as Error, 'the client was aborted').name);
    await held.begun;
    client.abort();

    expect(await gone).toBe('AbortError');
    held.release();
    await held.ended;
  });

  it.each([
    ['no HTTP at all', 'hello'],
    ['no version', 'GET /healthz'],
    ['a version that is none', 'GET /healthz HTTP/9.9'],
    ['a method that is none', 'FETCH /healthz HTTP/1.1'],
    ['a target without a slash', 'GET healthz HTTP/1.1'],
    ['no target', 'GET  HTTP/1.1'],
    ['a space in the target', 'GET /health z HTTP/1.1'],
    ['a target that is a query', 'GET ?a=b HTTP/1.1'],
    ['an asterisk for a target', 'GET * HTTP/1.1'],
    ['a control character in the target', 'GET /health\u0001z HTTP/1.1'],
    ['an address that cannot be read', 'GET http://[ HTTP/1.1'],
    ['an address without a host', 'GET http:// HTTP/1.1'],
    ['an address of another protocol', 'GET ftp://127.0.0.1/healthz HTTP/1.1'],
    ['a target for tunnels', 'CONNECT 127.0.0.1:80 HTTP/1.1'],
    ['an escape that is none', 'GET /api/conversations/%zz/messages HTTP/1.1'],
    ['half a character', 'GET /api/conversations/%c3/messages HTTP/1.1'],
  ])('answers 400 to a malformed request line: %s', async (_what, line) => {
    const { url } = await start();
    const socket = connect(portOf(url), '127.0.0.1');
    socket.write(`${line}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    expect((await text(socket)).split('\r\n')[0]).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('closes a connection that never says what it wants', async () => {
    const server = await start(createFakeTidemark());
    const slow = connect(portOf(server.url), '127.0.0.1');
    slow.write('GET /healthz HTTP/1.1\r\nX-Slow: ');
    await fetch(`${server.url}/healthz`);
    const closed = once(slow, 'close');
    await server.close();
    await expect(closed).resolves.toBeDefined();
  });
});
