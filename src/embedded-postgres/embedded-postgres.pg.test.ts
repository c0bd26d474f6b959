import { existsSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  ask,
  canRunAsNobody,
  findServerPid,
  isRoot,
  makeDataDir,
  NOBODY,
  startMember,
  until,
  untilGone,
} from '../../test/support/embedded-members.ts';
import { must } from '../lib/must.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';

test('the server is durable, checksummed, in UTF-8, and for this machine only', async () => {
  const dataDir = await makeDataDir();
  await using server = await open(dataDir);
  const shown = async (name: string) => (await ask(server.url, `SHOW ${name}`))[0];
  expect(await shown('server_version')).toMatch(/^17\./);
  for (const name of ['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums']) {
    expect([name, await shown(name)]).toEqual([name, 'on']);
  }
  expect(await shown('server_encoding')).toBe('UTF8');
  expect(await shown('listen_addresses')).toBe('127.0.0.1');
  expect(await ask(server.url, `SELECT lower('ÄÉŁ')`)).toEqual(['äéł']);
  expect(await ask(server.url, `SELECT DISTINCT auth_method FROM pg_hba_file_rules`)).toEqual(['scram-sha-256']);
  await expect(ask(server.url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(/password/);
});

test.skipIf(process.platform === 'win32')('password and data are for their owner only', async () => {
  const dataDir = await makeDataDir();
  await using server = await open(dataDir);
  const home = join(dataDir, 'postgres');
  const rights = (path: string) => statSync(path).mode & 0o777;
  expect(rights(home)).toBe(0o700);
  expect(rights(join(home, 'password'))).toBe(0o600);
  expect(rights(join(home, 'data'))).toBe(0o700);
  const password = readFileSync(join(home, 'password'), 'utf8').trim();
  expect(server.url).toContain(password);
  expect(readFileSync(join(home, 'postgres.log'), 'utf8') + server.log.join()).not.toContain(password);
});

test('what lies in a folder of ours stays out of git; a folder of somebody else is left as it is', async () => {
  const parent = await makeDataDir();
  for (const name of ['.tidemark', 'made-by-us']) {
    await using server = await open(join(parent, name));
    expect(server.url).toContain('postgres');
    expect(readFileSync(join(parent, name, '.gitignore'), 'utf8')).toBe('*\n');
  }
  const theirs = join(parent, 'theirs');
  await mkdir(theirs);
  await using server = await open(theirs);
  expect(server.url).toContain('postgres');
  expect(existsSync(join(theirs, '.gitignore'))).toBe(false);
});

test('rows, password and port are the same after stop and start', async () => {
  const dataDir = await makeDataDir();
  const first = await startEmbeddedPostgres({ dataDir });
  await ask(first.connectionString, 'CREATE TABLE kept AS SELECT 42 AS a');
  await Promise.all([first.stop(), first.stop()]);
  expect(await findServerPid(dataDir)).toBeUndefined();
  await using second = await open(dataDir);
  expect(second.url).toBe(first.connectionString);
  expect(await ask(second.url, 'SELECT a FROM kept')).toEqual([42]);
});

test('a taken port is left to its owner', async () => {
  const dataDir = await makeDataDir();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as { port: number };
  await mkdir(join(dataDir, 'postgres'), { recursive: true });
  await writeFile(join(dataDir, 'postgres', 'server.json'), JSON.stringify({ port, host: 'x' }));
  await using server = await open(dataDir);
  expect(new URL(server.url).port).not.toBe(String(port));
  expect(await ask(server.url, 'SELECT 1')).toEqual([1]);
});

test('of many that start at the same instant one starts the server and the others join it; the last stops it', async () => {
  const dataDir = await makeDataDir();
  const members = await Promise.all(Array.from({ length: 4 }, () => startMember(dataDir)));
  expect(new Set(members.map(({ url }) => url)).size).toBe(1);
  const pid = await findServerPid(dataDir);
  for (const member of members.slice(1)) {
    member.order('stop');
    await member.ended;
    expect(await findServerPid(dataDir)).toBe(pid);
  }
  members[0]?.order('stop');
  await members[0]?.ended;
  expect(await findServerPid(dataDir)).toBeUndefined();
});

test('of many that leave at the same instant exactly the last stops the server, and a newcomer meanwhile has one', async () => {
  const dataDir = await makeDataDir();
  const members = await Promise.all(Array.from({ length: 3 }, () => startMember(dataDir)));
  for (const member of members) member.order('stop');
  const newcomer = await startMember(dataDir);
  await Promise.all(members.map(({ ended }) => ended));
  expect(await ask(newcomer.url, 'SELECT 1')).toEqual([1]);
  newcomer.order('stop');
  await newcomer.ended;
  expect(await findServerPid(dataDir)).toBeUndefined();
});

test.each(['exit', 'crash'] as const)('a last process that ends by %s stops the server', async (way) => {
  const dataDir = await makeDataDir();
  const [one, other] = [await startMember(dataDir), await startMember(dataDir)];
  one.order(way);
  await one.ended;
  expect(await ask(other.url, 'SELECT 1')).toEqual([1]);
  other.order(way);
  await other.ended;
  await untilGone(dataDir);
  await using again = await open(dataDir);
  expect(await ask(again.url, 'SELECT 1')).toEqual([1]);
});

test.skipIf(process.platform === 'win32')('Ctrl-C reaches the process, not the server', async () => {
  const dataDir = await makeDataDir();
  const member = await startMember(dataDir, { ownGroup: true });
  process.kill(-must(member.process.pid, 'it runs'), 'SIGINT');
  await until(() => member.said.some((line) => 'interrupted' in line), 'the process has met the signal');
  expect(await ask(member.url, 'SELECT 1')).toEqual([1]);
  member.order('stop');
  await member.ended;
  expect(await findServerPid(dataDir)).toBeUndefined();
});

test('a copy of the folder of a running server gets a server of its own', async () => {
  const dataDir = await makeDataDir();
  const copyDir = await makeDataDir();
  await using server = await open(dataDir);
  await ask(server.url, 'CREATE TABLE here AS SELECT 1 AS a; CHECKPOINT');
  await cp(dataDir, copyDir, { recursive: true });
  await using copy = await open(copyDir);
  expect(new URL(copy.url).port).not.toBe(new URL(server.url).port);
  await ask(copy.url, 'DROP TABLE here');
  expect(await ask(server.url, 'SELECT a FROM here')).toEqual([1]);
});

test('a folder that is reached by another name is the same folder', async () => {
  const dataDir = await makeDataDir();
  await using server = await open(dataDir);
  await symlink(dataDir, `${dataDir}-by-another-name`);
  await using same = await open(`${dataDir}-by-another-name`);
  expect(same.url).toBe(server.url);
});

test.runIf(isRoot)(
  'root runs it in a folder that only root can enter, as an account that can do nothing else there',
  async () => {
    const dataDir = await makeDataDir('/root');
    expect((await stat('/root')).mode & 0o077).toBe(0);
    await using server = await open(dataDir);
    await ask(
      server.url,
      'CREATE EXTENSION pg_trgm; CREATE TABLE kept AS SELECT generate_series(1, 1000) AS a; CHECKPOINT',
    );
    const pid = must(await findServerPid(dataDir), 'it runs');
    expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/^Uid:(\s+(?!0\b)\d+){4}$/m);
    expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/^Groups:\s*$/m);
    expect(await ask(server.url, `SELECT pg_reload_conf()`)).toEqual([true]);
    await expect(ask(server.url, `SELECT pg_read_file('../password')`)).rejects.toThrow(/denied|absolute|reference/i);
  },
);

test.runIf(isRoot)('root gives a data folder put back from a backup to the account that needs it', async () => {
  const dataDir = await makeDataDir();
  await (await startEmbeddedPostgres({ dataDir })).stop();
  const data = join(dataDir, 'postgres', 'data');
  await cp(data, `${data}-backup`, { recursive: true });
  await rm(data, { recursive: true });
  await cp(`${data}-backup`, data, { recursive: true });
  expect((await stat(data)).uid).toBe(0);
  await using server = await open(dataDir);
  expect(await ask(server.url, 'SELECT 1')).toEqual([1]);
});

test.runIf(canRunAsNobody)('an ordinary user runs it, root joins it, and the user can go on afterwards', async () => {
  const dataDir = await makeDataDir();
  const member = await startMember(dataDir, NOBODY);
  expect((await stat(join(dataDir, 'postgres', 'data'))).uid).toBe(NOBODY.uid);
  const root = await startEmbeddedPostgres({ dataDir });
  expect(root.connectionString).toBe(member.url);
  member.order('stop');
  await member.ended;
  await root.stop();
  await (await startEmbeddedPostgres({ dataDir })).stop();
  const again = await startMember(dataDir, NOBODY);
  again.order('stop');
  await again.ended;
  expect(await findServerPid(dataDir)).toBeUndefined();
});

test.runIf(canRunAsNobody)('an ordinary user in a folder of root is told whose fault it is', async () => {
  const dataDir = await makeDataDir();
  await (await startEmbeddedPostgres({ dataDir })).stop();
  await expect(startMember(dataDir, NOBODY)).rejects.toThrow(/may not use .*\.tidemark.*user the folder belongs to/);
});

/** The server as one that is stopped at the end of its block. */
async function open(
  dataDir: string,
): Promise<AsyncDisposable & { readonly url: string; readonly log: readonly string[] }> {
  const log: string[] = [];
  const server = await startEmbeddedPostgres({ dataDir, log: (line) => log.push(line) });
  return { url: server.connectionString, log, [Symbol.asyncDispose]: () => server.stop() };
}
