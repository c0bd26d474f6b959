import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import {
  ask,
  findServerPid,
  makeDataDir,
  spawnMember,
  startMember,
  until,
} from '../../test/support/embedded-members.ts';
import { must } from '../lib/must.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { tryLock } from './file-lock.ts';

const postmasterFile = (dataDir: string) => join(dataDir, 'postgres', 'data', 'postmaster.pid');
const serverPid = async (dataDir: string) => must(await findServerPid(dataDir), 'the server runs');

test('a killed process leaves the server running: others go on, and a later start joins it', async () => {
  const dataDir = await makeDataDir();
  const [starter, other] = [await startMember(dataDir), await startMember(dataDir)];
  const pid = await serverPid(dataDir);
  starter.process.kill('SIGKILL');
  await starter.ended;
  expect(await ask(other.url, 'SELECT 1')).toEqual([1]);
  other.process.kill('SIGKILL');
  await other.ended;

  const late = await startMember(dataDir);
  expect(late.url).toBe(starter.url);
  expect(await findServerPid(dataDir)).toBe(pid);
  late.order('stop');
  await late.ended;
  expect(await findServerPid(dataDir)).toBeUndefined();
});

test('what was committed survives the server, its starter, and both being killed', async () => {
  const dataDir = await makeDataDir();
  let expected = 0;
  for (const victims of ['server', 'starter', 'both']) {
    const member = await startMember(dataDir);
    if (victims === 'server') await ask(member.url, 'CREATE TABLE kept (a int)');
    await ask(member.url, `INSERT INTO kept VALUES (${(expected += 1)})`);
    const pid = await serverPid(dataDir);
    if (victims !== 'server') member.process.kill('SIGKILL');
    if (victims !== 'starter') process.kill(pid, 'SIGKILL');
    if (victims === 'server') member.process.kill('SIGKILL');
    await member.ended;
  }
  const server = await startEmbeddedPostgres({ dataDir });
  expect(await ask(server.connectionString, 'SELECT a FROM kept ORDER BY a')).toEqual([1, 2, 3]);
  await server.stop();
});

test('a server that is killed while it is used is started again at the same address, by itself', async () => {
  const dataDir = await makeDataDir();
  const lines: string[] = [];
  const server = await startEmbeddedPostgres({ dataDir, log: (line) => lines.push(line) });
  const other = await startMember(dataDir);
  await ask(server.connectionString, 'CREATE TABLE kept AS SELECT 1 AS a');
  const pid = await serverPid(dataDir);
  process.kill(pid, 'SIGKILL');
  await until(async () => ((await findServerPid(dataDir)) ?? pid) !== pid, 'there is another server');
  await until(
    () =>
      ask(server.connectionString, 'SELECT a FROM kept').then(
        () => true,
        () => false,
      ),
    'it answers',
  );
  const restarts = [...lines, ...other.said.map(({ log }) => String(log))].filter((line) =>
    line.includes('starting it again'),
  );
  expect(restarts.length).toBeGreaterThan(0);

  await server.stop();
  expect(await ask(other.url, 'SELECT 1')).toEqual([1]);
  other.order('stop');
  await other.ended;
  expect(await findServerPid(dataDir)).toBeUndefined();
});

test('a pid file that names a process of somebody else is no obstacle', async () => {
  const dataDir = await makeDataDir();
  const server = await startEmbeddedPostgres({ dataDir });
  const file = await readFile(postmasterFile(dataDir), 'utf8');
  await server.stop();
  // A process of the account that the server runs as: the only kind that PostgreSQL itself would take for a server.
  const account = process.geteuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const stranger = spawn('sleep', ['60'], { ...account, cwd: '/' });
  onTestFinished(() => void stranger.kill());
  await writeFile(postmasterFile(dataDir), file.replace(/^\d+/, String(stranger.pid)));
  const again = await startEmbeddedPostgres({ dataDir, startTimeoutMs: 20_000 });
  expect(await ask(again.connectionString, 'SELECT 1')).toEqual([1]);
  expect(stranger.exitCode).toBeNull();
  await again.stop();
});

test('a running server whose pid file was deleted is joined, not started a second time', async () => {
  const dataDir = await makeDataDir();
  const member = await startMember(dataDir);
  const pid = await serverPid(dataDir);
  const file = await readFile(postmasterFile(dataDir), 'utf8');
  await rm(postmasterFile(dataDir));
  const server = await startEmbeddedPostgres({ dataDir });
  expect(server.connectionString).toBe(member.url);
  expect(await ask(server.connectionString, 'SELECT 1')).toEqual([1]);
  await writeFile(postmasterFile(dataDir), file);
  expect(await findServerPid(dataDir)).toBe(pid);
  await server.stop();
});

test.runIf(process.platform === 'linux')(
  'queries that outlive a killed server do not keep the next one from starting',
  async () => {
    const dataDir = await makeDataDir();
    const member = await startMember(dataDir);
    const client = new pg.Client({ connectionString: member.url });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const endless = client
      .query('SELECT count(*) FROM generate_series(1, 1000000000) a, generate_series(1, 1000000000) b')
      .catch(() => {});
    await until(
      async () =>
        (
          await ask(
            member.url,
            `SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%series%' AND pid <> pg_backend_pid()`,
          )
        ).length > 0,
      'it runs',
    );
    const pid = await serverPid(dataDir);
    member.process.kill('SIGKILL');
    await member.ended;
    process.kill(pid, 'SIGKILL');
    expect(existsSync(`/proc/${rows[0]?.pid}`)).toBe(true);
    const server = await startEmbeddedPostgres({ dataDir, startTimeoutMs: 30_000 });
    expect(await ask(server.connectionString, 'SELECT 1')).toEqual([1]);
    await endless;
    await server.stop();
  },
);

test.each([
  ['the password is made', (names: readonly string[]) => names.includes('password')],
  ['initdb runs', (names: readonly string[]) => names.some((name) => name.startsWith('data.new-'))],
  ['the data folder is there', (names: readonly string[]) => names.includes('data')],
  ['the port is chosen', (names: readonly string[]) => names.includes('server.json')],
  ['the server has been launched', (names: readonly string[]) => names.includes('data/postmaster.pid')],
])('a start that is killed when %s is simply done again', async (_, isReached) => {
  const dataDir = await makeDataDir();
  const home = join(dataDir, 'postgres');
  const starting = spawnMember(dataDir);
  await until(() => isReached(listTwoLevels(home)), 'it has come so far');
  starting.kill('SIGKILL');
  await once(starting, 'exit');
  const server = await startEmbeddedPostgres({ dataDir });
  expect(await ask(server.connectionString, 'SELECT 1')).toEqual([1]);
  await server.stop();
  expect(listTwoLevels(home).filter((name) => /^data\.new-|\.password$/.test(name))).toEqual([]);
});

test('a folder that another container uses is refused while it does', async () => {
  const dataDir = await makeDataDir();
  await (await startEmbeddedPostgres({ dataDir })).stop();
  const home = join(dataDir, 'postgres');
  const address = JSON.parse(await readFile(join(home, 'server.json'), 'utf8')) as { port: number };
  await writeFile(join(home, 'server.json'), JSON.stringify({ ...address, host: 'other-container' }));
  const presence = tryLock(join(home, 'presence.lock'), 'shared');
  await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/in use on "other-container"/);
  presence?.release();
  await (await startEmbeddedPostgres({ dataDir })).stop();
});

function listTwoLevels(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const postmaster = existsSync(join(folder, 'data', 'postmaster.pid')) ? ['data/postmaster.pid'] : [];
  return [...readdirSync(folder), ...postmaster];
}
