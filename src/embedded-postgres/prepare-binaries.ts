/**
 * Makes PostgreSQL's programs usable by the account the server runs as: where npm put them if that can be, else in a
 * copy. npm drops the package's links and may have been told to run no install scripts, the folder may be read-only,
 * and it may lie where only root can go. Root must never run a copy that somebody else could have changed.
 */
import { access, chmod, constants, mkdir, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { ServerAccount } from './account.ts';
import { copyPackage } from './copy-package.ts';
import { quotingFault } from './faults.ts';
import { absentAs } from './files.ts';
import type { BinaryPackage } from './locate-binaries.ts';
import { runProgram, spawnOptions } from './run-program.ts';

export interface Binaries {
  readonly majorVersion: number;
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

export interface PrepareOptions {
  readonly source: BinaryPackage;
  readonly account: ServerAccount | undefined;
  /** Where a copy goes when the server runs as this process does: a folder of this user's own. */
  readonly ownCache: string;
  /** Where a copy for another account goes, the first that serves. Default: `/var/cache/tidemark`, then `/var/tmp` and the temp folder. */
  readonly sharedCaches?: readonly string[] | undefined;
}

/**
 * `/var/cache` first: nobody but root can write there, and no cleaner of old temporary files removes parts of a copy
 * under a running server.
 */
const SHARED_CACHES = ['/var/cache/tidemark', '/var/tmp/tidemark-root', join(tmpdir(), 'tidemark-root')];

export async function prepareBinaries(options: PrepareOptions): Promise<Binaries> {
  const { source, account, ownCache } = options;
  const complaints: string[] = [];
  if (await repairInPlace(source.folder)) {
    const binaries = binariesIn(source);
    const complaint = await findComplaint(binaries, account);
    if (complaint === undefined) return binaries;
    complaints.push(complaint);
  }
  for (const cache of account === undefined ? [ownCache] : (options.sharedCaches ?? SHARED_CACHES)) {
    try {
      const folder = await copyPackage(source, cache);
      await makeLinks(folder);
      const binaries = binariesIn({ ...source, folder });
      const complaint = await findComplaint(binaries, account);
      if (complaint === undefined) return binaries;
      complaints.push(complaint);
    } catch (error) {
      // One cache may be read-only or not ours; the next may do, and if none does, every reason is told.
      complaints.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw quotingFault(
    `PostgreSQL's programs in ${source.folder} cannot be run${account ? ` as ${account.name}` : ''}. ` +
      'They need glibc on Linux (Alpine has none) and a disk that programs may be started from; else set DATABASE_URL.',
    complaints,
  );
}

function binariesIn({ folder, majorVersion }: Pick<BinaryPackage, 'folder' | 'majorVersion'>): Binaries {
  const program = (name: string) => join(folder, 'native', 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { majorVersion, initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

/** Asks the programs themselves: this meets rights, missing libraries and a wrong platform alike. */
async function findComplaint(binaries: Binaries, account: ServerAccount | undefined): Promise<string | undefined> {
  for (const program of [binaries.postgres, binaries.initdb]) {
    try {
      const result = await runProgram(program, { args: ['--version'], spawn: spawnOptions(account, '/') });
      if (result.status !== 0) return [program, ...result.lines].join(': ');
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return undefined;
}

/** True when links and rights in the package's own folder are as they should be, or could be put right. */
async function repairInPlace(folder: string): Promise<boolean> {
  try {
    await makeLinks(folder);
    if (process.platform === 'win32') return true;
    for (const name of ['initdb', 'pg_ctl', 'postgres']) {
      const program = join(folder, 'native', 'bin', name);
      await access(program, constants.X_OK).catch(() => chmod(program, 0o755));
    }
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** Makes the links that npm packages cannot hold. The list beside them is of paths below the package's folder. */
async function makeLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(absentAs('[]'));
  for (const { source, target } of JSON.parse(list) as readonly Link[]) {
    const path = join(folder, target);
    if (await exists(path)) continue;
    await mkdir(dirname(path), { recursive: true });
    await symlink(relative(dirname(path), join(folder, source)), path).catch((error: NodeJS.ErrnoException) => {
      // Another process was faster.
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(() => true, absentAs(false));
}
