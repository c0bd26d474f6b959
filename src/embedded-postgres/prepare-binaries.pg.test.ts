import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
} from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isRoot, NOBODY } from '../../test/support/embedded-members.ts';
import { type BinaryPackage, locateBinaries } from './locate-binaries.ts';
import { prepareBinaries } from './prepare-binaries.ts';
import { runProgram, spawnOptions } from './run-program.ts';

const canMount = isRoot && spawnSync('unshare', ['-m', 'true']).status === 0;
const installed = await locateBinaries();
const nobody = { name: 'nobody', ...NOBODY };

test('links and rights that npm left out are put right where the package lies', async () => {
  const { source, folder } = await copyOfPackage();
  removeLinks(source);
  const bin = join(source.folder, 'native', 'bin');
  for (const name of readdirSync(bin)) chmodSync(join(bin, name), 0o644);
  const binaries = await prepareBinaries({ source, account: undefined, ownCache: join(folder, 'cache') });
  expect(binaries.postgres).toBe(join(bin, 'postgres'));
  expect(await version(binaries.postgres)).toMatch(/PostgreSQL\) 17/);
  expect(existsSync(join(folder, 'cache'))).toBe(false);
});

test.runIf(canMount)('a package folder that cannot be put right is copied into the data folder', async () => {
  const { source, folder } = await copyOfPackage();
  removeLinks(source);
  mountReadOnly(source.folder);
  const options = { source, account: undefined, ownCache: join(folder, 'cache') };
  const binaries = await prepareBinaries(options);
  expect(binaries.postgres.startsWith(options.ownCache)).toBe(true);
  expect(await version(binaries.postgres)).toMatch(/PostgreSQL\) 17/);
  expect(await prepareBinaries(options)).toEqual(binaries);
});

test.runIf(isRoot)('root copies programs that its account cannot reach, once, and finds the copy again', async () => {
  const { source, folder } = await copyOfPackage('/root');
  removeLinks(source);
  const cache = await shared();
  const prepare = () => prepareBinaries({ source, account: nobody, ownCache: folder, sharedCaches: [cache] });
  // Several at once, as when many processes start on a new machine.
  const [binaries, ...others] = await Promise.all([prepare(), prepare(), prepare()]);
  for (const other of others) expect(other).toEqual(binaries);
  expect(binaries?.postgres.startsWith(cache)).toBe(true);
  expect(copiesIn(cache)).toHaveLength(1);
  const copiedAt = statSync(binaries?.postgres ?? '').mtimeMs;
  expect(await prepare()).toEqual(binaries);
  expect(statSync(binaries?.postgres ?? '').mtimeMs).toBe(copiedAt);
  const run = await runProgram(binaries?.initdb ?? '', { args: ['--version'], spawn: spawnOptions(nobody, '/') });
  expect(run.lines.join()).toMatch(/17/);
});

test.runIf(isRoot).each([
  ['belongs to somebody else', (file: string) => chownSync(file, NOBODY.uid, NOBODY.gid)],
  ['can be written to by everybody', (file: string) => chmodSync(file, 0o757)],
  ['is cut short', (file: string) => truncateSync(file, 1000)],
  ['is gone', (file: string) => unlinkSync(file)],
])('a copy of which a file %s is not run but made anew', async (_, spoil) => {
  const { source, folder } = await copyOfPackage('/root');
  const cache = await shared();
  const options = { source, account: nobody, ownCache: folder, sharedCaches: [cache] };
  const before = await prepareBinaries(options);
  spoil(join(before.postgres, '..', '..', 'share', 'postgresql', 'postgres.bki'));
  const after = await prepareBinaries(options);
  expect(after).toEqual(before);
  const file = lstatSync(join(after.postgres, '..', '..', 'share', 'postgresql', 'postgres.bki'));
  expect([file.uid, file.mode & 0o777, file.size > 100_000]).toEqual([0, 0o644, true]);
  expect(copiesIn(cache)).toHaveLength(1);
});

test.runIf(isRoot)('root runs nothing from a place that others can change, and takes the next', async () => {
  const { source, folder } = await copyOfPackage('/root');
  const [open, foreign, good] = [await shared(), await shared(), await shared()];
  const linked = `${good}-link`;
  chmodSync(open, 0o777);
  chownSync(foreign, NOBODY.uid, NOBODY.gid);
  symlinkSync(good, linked);
  onTestFinished(() => rmSync(linked));
  const bad = [open, join(foreign, 'below'), linked];
  const account = nobody;
  await expect(prepareBinaries({ source, account, ownCache: folder, sharedCaches: bad })).rejects.toThrow(
    /cannot be run as nobody.*only its owner can change.*only its owner can change.*only its owner can change/s,
  );
  const binaries = await prepareBinaries({ source, account, ownCache: folder, sharedCaches: [...bad, good] });
  expect(binaries.postgres.startsWith(join(good, 'postgresql-'))).toBe(true);
});

test.runIf(isRoot)('a strict umask of root does not lock the account out of the copy', async () => {
  const { source, folder } = await copyOfPackage('/root');
  const cache = await shared();
  const umask = process.umask(0o077);
  onTestFinished(() => void process.umask(umask));
  const binaries = await prepareBinaries({
    source,
    account: nobody,
    ownCache: folder,
    sharedCaches: [join(cache, 'new')],
  });
  expect(binaries.postgres.startsWith(cache)).toBe(true);
});

test('programs that do not run are told of with their own words', async () => {
  const { source, folder } = await copyOfPackage();
  rmSync(join(source.folder, 'native', 'lib'), { recursive: true });
  await expect(prepareBinaries({ source, account: undefined, ownCache: join(folder, 'cache') })).rejects.toMatchObject({
    code: 'EMBEDDED_POSTGRES',
    message: expect.stringMatching(/cannot be run.*DATABASE_URL.*shared librar/s),
  });
});

async function copyOfPackage(parent = tmpdir()): Promise<{ source: BinaryPackage; folder: string }> {
  const folder = await makeFolder(parent);
  const source = { ...installed, folder: join(folder, 'package') };
  await mkdir(source.folder);
  for (const part of ['package.json', 'native']) {
    await cp(join(installed.folder, part), join(source.folder, part), { recursive: true, verbatimSymlinks: true });
  }
  return { source, folder };
}

/** What lies in a cache, but for the lock files. */
function copiesIn(cache: string): readonly string[] {
  return readdirSync(cache).filter((name) => !name.endsWith('.lock'));
}

/** A folder that an account other than root can reach. */
async function shared(): Promise<string> {
  const folder = await makeFolder(tmpdir());
  chmodSync(folder, 0o755);
  return folder;
}

async function makeFolder(parent: string): Promise<string> {
  const folder = await mkdtemp(join(parent, 'tidemark-binaries-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function mountReadOnly(folder: string): void {
  for (const args of [
    ['--bind', folder, folder],
    ['-o', 'remount,bind,ro', folder],
  ]) {
    const result = spawnSync('mount', args, { encoding: 'utf8' });
    if (result.status !== 0) throw new Error(result.stderr);
  }
  onTestFinished(() => void spawnSync('umount', [folder]));
}

function removeLinks(source: BinaryPackage): void {
  const lib = join(source.folder, 'native', 'lib');
  for (const entry of readdirSync(lib, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) rmSync(join(lib, entry.name));
  }
}

async function version(program: string): Promise<string> {
  return (await runProgram(program, { args: ['--version'], spawn: spawnOptions(undefined, '/') })).lines.join();
}
