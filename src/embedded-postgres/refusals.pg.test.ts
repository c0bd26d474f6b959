import { spawnSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ask, isRoot, makeDataDir, untilGone } from '../../test/support/embedded-members.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';

async function refusal(dataDir: string): Promise<string> {
  const message = await refusalIfAny(dataDir);
  expect(message).toBeDefined();
  return message ?? '';
}

/** Undefined when the server was started after all; it is stopped then. */
async function refusalIfAny(dataDir: string, startTimeoutMs?: number): Promise<string | undefined> {
  const failure: unknown = await startEmbeddedPostgres({ dataDir, startTimeoutMs }).then(
    (server) => server.stop(),
    (error: unknown) => error,
  );
  if (failure === undefined) return undefined;
  expect(failure).toMatchObject({ code: 'EMBEDDED_POSTGRES' });
  return (failure as Error).message;
}

test('a data folder of another major version is left alone, and both versions named', async () => {
  const dataDir = await makeDataDir();
  await (await startEmbeddedPostgres({ dataDir })).stop();
  await writeFile(join(dataDir, 'postgres', 'data', 'PG_VERSION'), '16\n');
  expect(await refusal(dataDir)).toMatch(/made by PostgreSQL 16, but .* brings PostgreSQL 17/);
});

test('a folder that is no data folder is never overwritten', async () => {
  const dataDir = await makeDataDir();
  await (await startEmbeddedPostgres({ dataDir })).stop();
  await rm(join(dataDir, 'postgres', 'data', 'PG_VERSION'));
  expect(await refusal(dataDir)).toMatch(/not a complete PostgreSQL data folder.*backup/);
});

test('a lost password is told of, not replaced', async () => {
  const dataDir = await makeDataDir();
  await (await startEmbeddedPostgres({ dataDir })).stop();
  await rm(join(dataDir, 'postgres', 'password'));
  expect(await refusal(dataDir)).toMatch(/password .* is lost.*Restore it/);
});

test('a password that the running server does not take is told of at once', async () => {
  const dataDir = await makeDataDir();
  const server = await startEmbeddedPostgres({ dataDir });
  await ask(server.connectionString, `ALTER ROLE tidemark PASSWORD 'changed by hand'`);
  expect(await refusal(dataDir)).toMatch(/does not take the password/);
  await server.stop();
});

test('a start that takes too long quotes the log and leaves the server to go on', async () => {
  const dataDir = await makeDataDir();
  await (await startEmbeddedPostgres({ dataDir })).stop();
  let told: string | undefined;
  // As short as this machine needs: a quick one starts the server within the first of them.
  for (const startTimeoutMs of [30, 15, 7, 1]) told ??= await refusalIfAny(dataDir, startTimeoutMs);
  expect(told).toMatch(/does not answer yet.*try again|could not be started in time/s);
  const server = await startEmbeddedPostgres({ dataDir });
  expect(await ask(server.connectionString, 'SELECT 1')).toEqual([1]);
  await server.stop();
});

test('a fault of the server itself is quoted', async () => {
  const dataDir = await makeDataDir();
  await (await startEmbeddedPostgres({ dataDir })).stop();
  await rm(join(dataDir, 'postgres', 'data', 'global', 'pg_control'));
  expect(await refusal(dataDir)).toMatch(/could not be started.*pg_control/s);
});

test('a path through a file is told of', async () => {
  const dataDir = await makeDataDir();
  await writeFile(dataDir, '');
  expect(await refusal(dataDir)).toMatch(/may not use .*\.tidemark.*(ENOTDIR|EEXIST)|failed/);
});

const canMount = isRoot && spawnSync('unshare', ['-m', 'true']).status === 0;

test.runIf(canMount)('a full disk is called a full disk, while the data folder is made and later', async () => {
  const dataDir = await makeDataDir();
  await mkdir(dataDir, { recursive: true });
  mount(dataDir, '-t', 'tmpfs', '-o', 'size=12m', 'tmpfs');
  expect(await refusal(dataDir)).toMatch(/The disk that holds .* is full/);
  mount(dataDir, '-o', 'remount,size=90m');
  const server = await startEmbeddedPostgres({ dataDir });
  await server.stop();
  spawnSync('dd', ['if=/dev/zero', `of=${join(dataDir, 'filler')}`, 'bs=64k']);
  expect(await refusal(dataDir)).toMatch(/The disk that holds .* is full/);
  await rm(join(dataDir, 'filler'));
  const running = await startEmbeddedPostgres({ dataDir });
  spawnSync('dd', ['if=/dev/zero', `of=${join(dataDir, 'filler')}`, 'bs=64k']);
  // Leaving takes no room.
  await running.stop();
  await untilGone(dataDir);
  await rm(join(dataDir, 'filler'));
  await (await startEmbeddedPostgres({ dataDir })).stop();
  await untilGone(dataDir);
});

test.runIf(canMount)('a read-only disk is called that', async () => {
  const dataDir = await makeDataDir();
  await mkdir(dataDir, { recursive: true });
  mount(dataDir, '-t', 'tmpfs', '-o', 'size=1m,ro', 'tmpfs');
  expect(await refusal(dataDir)).toMatch(/may not use .*EROFS/);
});

function mount(folder: string, ...args: string[]): void {
  const result = spawnSync('mount', [...args, folder], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(result.stderr);
  if (!args.some((arg) => arg.startsWith('remount'))) onTestFinished(() => void spawnSync('umount', [folder]));
}
