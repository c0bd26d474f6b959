/**
 * Real processes in bad company: every connection to the database dead, clients that read nothing, clients that change
 * the Pages while they are walked. Each costs itself alone, and the process ends when it is told to.
 */
import { connect } from 'node:net';
import { expect, inject, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { type Program, startProgram } from '../support/program.ts';
import { startSilentProxy } from '../support/silent-proxy.ts';
import { TEST_KEY } from '../support/test-key.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const version = 17;
const SLOW = { pages: 4, conversations: 900, latency: { baseMs: 200 } };

async function serve(world: TestWorld, databaseUrl = world.databaseUrl) {
  const program = startProgram(['serve'], {
    DATABASE_URL: databaseUrl,
    GRAPH_API_URL: world.simulator.url,
    GRAPH_CALLS_PER_SECOND: '1000',
    TIDEMARK_ENCRYPTION_KEY: TEST_KEY.reveal(),
    SYNC_INTERVAL: '10m',
    PORT: '0',
  });
  await expect.poll(() => program.stdout(), { timeout: 30_000 }).toContain('Ctrl-C');
  const url = must(/http:\/\/\S+/.exec(program.stdout())?.[0], 'it says where it listens');
  const post = async (path: string, body: object = {}, method = 'POST') => {
    const init = { method, body: JSON.stringify(body) };
    const answer = await fetch(`${url}/api${path}`, init);
    return { status: answer.status, body: (await answer.json()) as { readonly code?: string } };
  };
  return { program, url, post, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

const hasBegun = ({ told }: Program) => told.some(({ event }) => event === 'batch-committed');

it(
  'a process whose connections are all dead cancels in time, and ends within its grace',
  { timeout: 180_000 },
  async () => {
    await using proxy = await startSilentProxy(inject('postgresUrls')[version]);
    await using world = await openWorld({ version, simulator: SLOW });
    await using server = await serve(world, proxy.through(world.databaseUrl));
    const [first] = world.pageIds;
    const sync = server.post('/conversations/sync', { facebookPageId: first, forceFull: true });
    sync.catch(() => {});
    await expect.poll(() => hasBegun(server.program), { timeout: 30_000, interval: 10 }).toBe(true);
    const runs = await world.tidemark.runs.list({ limit: 50 });
    const run = must(
      runs.find(({ status }) => status === 'running'),
      'it runs',
    );
    proxy.silenceAll(true);
    const cancelledAt = performance.now();
    const cancelled = await server.post(`/runs/${run.id}/cancel`);
    expect([200, 409, 503]).toContain(cancelled.status);
    expect(performance.now() - cancelledAt).toBeLessThan(8000);

    const toldAt = performance.now();
    await server.program.end('SIGTERM');
    expect(performance.now() - toldAt).toBeLessThan(30_000);
    expect(server.program.complaints.filter((line) => !line.startsWith('{'))).toEqual([]);
  },
);

it('a hundred clients that read nothing of their streams hold up nobody', { timeout: 180_000 }, async () => {
  await using world = await openWorld({ version, simulator: { ...SLOW, pages: 2 } });
  await using server = await serve(world);
  const [first, second] = world.pageIds;
  const { port } = new URL(server.url);
  const body = JSON.stringify({ facebookPageId: first, forceFull: true });
  const stalled = Array.from({ length: 100 }, () => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    socket.pause();
    socket.write(
      `POST /api/conversations/sync-stream HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    return socket;
  });
  const askedAt = performance.now();
  const answers = await Promise.all([
    server.post('/conversations/sync', { facebookPageId: first }),
    server.post('/conversations/sync', { facebookPageId: second }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(performance.now() - askedAt).toBeLessThan(60_000);
  const health = await fetch(`${server.url}/readyz`);
  expect(health.status).toBe(200);
  for (const pageId of [first, second]) expect(await world.differences(pageId)).toEqual([]);

  const toldAt = performance.now();
  const [status] = await server.program.end('SIGTERM');
  expect(status).toBe(0);
  expect(performance.now() - toldAt).toBeLessThan(20_000);
  for (const socket of stalled) socket.destroy();
});

it(
  'Pages that several clients pause, remove and connect while they are walked answer with sentences',
  { timeout: 240_000 },
  async () => {
    await using world = await openWorld({ version, simulator: { ...SLOW, conversations: 300 } });
    await using server = await serve(world);
    const { user: accessToken } = world.simulator.world.tokens;
    const unforeseen: unknown[] = [];
    const endsAt = performance.now() + 20_000;
    let asked = 0;
    async function client(turn: number): Promise<void> {
      for (let step = turn; performance.now() < endsAt; step += 1) {
        const facebookPageId = world.pageIds[step % world.pageIds.length];
        const pages = await world.tidemark.pages.list().catch(() => []);
        const id = pages.find((page) => page.facebookPageId === facebookPageId)?.id ?? crypto.randomUUID();
        const requests = [
          () => server.post(`/pages/${id}`, { isActive: false }, 'PATCH'),
          () => server.post('/conversations/sync', { facebookPageId, maxDurationMs: 1500 }),
          () => server.post(`/pages/${id}`, { isActive: true }, 'PATCH'),
          () => server.post('/pages', { accessToken }),
          () => server.post('/conversations/verify', { facebookPageId, repair: true, maxDurationMs: 1500 }),
          () => server.post('/conversations/sync-all', { maxDurationMs: 1500 }),
          () => server.post(`/pages/${id}`, {}, 'DELETE'),
          () => server.post('/pages', { accessToken }),
        ];
        const { status, body } = await must(requests[(step * 5 + turn) % requests.length], 'eight of them')();
        asked += 1;
        const isForeseen = status === 200 || [400, 404, 409, 503].includes(status);
        if (!isForeseen || body.code === 'INTERNAL') unforeseen.push({ status, body });
      }
    }
    await Promise.all([0, 1, 2, 3, 4, 5].map(client));
    expect(unforeseen).toEqual([]);
    expect(asked).toBeGreaterThan(40);
    expect(server.program.complaints.filter((line) => line.includes('INTERNAL'))).toEqual([]);

    await server.post('/pages', { accessToken });
    for (const facebookPageId of world.pageIds) {
      const page = await world.tidemark.pages.find({ facebookPageId });
      await server.post(`/pages/${page.id}`, { isActive: true }, 'PATCH');
      expect((await server.post('/conversations/sync', { facebookPageId, forceFull: true })).status).toBe(200);
      expect(await world.differences(facebookPageId)).toEqual([]);
    }
  },
);
