/** The embedded server is killed under a walk, three times: it is back by itself, and the process lives. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startSimulator } from '../../simulator/server.ts';
import { must } from '../../src/lib/must.ts';
import { compareMirrors } from '../support/compare-mirror.ts';
import { startProgram } from '../support/program.ts';

it('a walk on an embedded server that is killed is made up for, each time', { timeout: 240_000 }, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-test-'));
  const simulator = await startSimulator({ pages: 1, conversations: 600, callsPerSecond: 0, latency: { baseMs: 150 } });
  const program = startProgram(['serve'], {
    TIDEMARK_DATA_DIR: dataDir,
    GRAPH_API_URL: simulator.url,
    GRAPH_CALLS_PER_SECOND: '1000',
    SYNC_INTERVAL: '10m',
    PORT: '0',
  });
  try {
    await expect.poll(() => program.stdout(), { timeout: 60_000 }).toContain('Ctrl-C');
    const url = must(/http:\/\/\S+/.exec(program.stdout())?.[0], 'it says where it listens');
    const databaseUrl = must(/psql '(\S+)'/.exec(program.stdout())?.[1], 'and where its database is');
    const post = (path: string, body: object) =>
      fetch(`${url}/api${path}`, { method: 'POST', body: JSON.stringify(body) });
    await post('/pages', { accessToken: simulator.world.tokens.user });
    const facebookPageId = must(simulator.world.pages[0], 'a Page').id;
    const committed = () => program.told.filter(({ event }) => event === 'batch-committed').length;
    for (let kills = 0; kills < 3; kills++) {
      const before = committed();
      const cut = post('/conversations/sync', { facebookPageId, forceFull: true });
      await expect.poll(committed, { timeout: 30_000, interval: 10 }).toBeGreaterThan(before);
      const [pid] = (await readFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8')).split('\n');
      process.kill(Number(pid), 'SIGKILL');
      const killedAt = performance.now();
      await cut;
      const isReady = async () => (await fetch(`${url}/readyz`)).status;
      await expect.poll(isReady, { timeout: 30_000, interval: 200 }).toBe(200);
      expect(performance.now() - killedAt).toBeLessThan(15_000);
      simulator.world.activity({ pageId: facebookPageId, newMessages: 20 });
      const next = await post('/conversations/sync', { facebookPageId, forceFull: kills === 1 });
      expect(await next.json()).toMatchObject({ success: true, status: 'succeeded' });
      expect(performance.now() - killedAt).toBeLessThan(60_000);
      expect(await compareMirrors(databaseUrl, simulator, { facebookPageId, platforms: ['messenger'] })).toEqual([]);
    }
    expect((await program.end('SIGTERM'))[0]).toBe(0);
  } finally {
    await program.end('SIGKILL');
    await simulator.close();
    await rm(dataDir, { recursive: true, force: true });
  }
});
