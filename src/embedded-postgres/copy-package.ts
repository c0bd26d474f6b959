/**
 * Copies PostgreSQL's programs to a place that every account can reach but only the owner can change. A copy is put in
 * its place whole, named for its version and contents, and looked over before it is used again.
 */
import { createHash } from 'node:crypto';
import { chmod, copyFile, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { embeddedFault } from './faults.ts';
import { lockWithin } from './file-lock.ts';
import { absentAs, draftOf, putInPlace, removeDrafts } from './files.ts';
import type { BinaryPackage } from './locate-binaries.ts';

interface ListedFile {
  /** Below the package's folder. */
  readonly path: string;
  readonly bytes: number;
}

interface CopyOrder {
  readonly files: readonly ListedFile[];
  readonly from: string;
  readonly to: string;
}

const COPY_TIMEOUT_MS = 60_000;

/**
 * Answers the folder of the copy, which has the layout of the package. Rejects when `cache`, which is made if it is
 * missing, could be changed by anybody but the user of this process and root.
 */
export async function copyPackage(source: BinaryPackage, cache: string): Promise<string> {
  await mkdir(cache, { recursive: true });
  await requireOwn(cache);
  await chmod(cache, 0o755);

  const files = await listFiles(source.folder);
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
  const folder = join(cache, `postgresql-${source.version}-${hash}`);
  if (await isIntact(folder, files)) return folder;

  // One copier at a time: a copy is replaced when it is damaged, and must not be while a server runs from it.
  const lockPath = `${folder}.lock`;
  const lock = await lockWithin(lockPath, 'exclusive', COPY_TIMEOUT_MS);
  if (lock === undefined)
    throw embeddedFault(`Another process has been copying PostgreSQL's programs to ${folder} for a minute.`);
  try {
    await chmod(lockPath, 0o600);
    await removeDrafts(folder);
    if (!(await isIntact(folder, files))) await replaceCopy({ files, from: source.folder, to: folder });
  } finally {
    lock.release();
  }
  return folder;
}

async function replaceCopy(copy: CopyOrder): Promise<void> {
  const draft = draftOf(copy.to);
  const damaged = draftOf(copy.to);
  try {
    await writeCopy({ ...copy, to: draft });
    await rename(copy.to, damaged).catch(absentAs(undefined));
    await putInPlace(draft, copy.to);
  } finally {
    for (const rest of [draft, damaged]) await rm(rest, { recursive: true, force: true });
  }
}

/** What the copy consists of: all plain files but static libraries, which nothing here links against. */
async function listFiles(folder: string): Promise<readonly ListedFile[]> {
  const files: ListedFile[] = [];
  for (const entry of await readdir(join(folder, 'native'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith('.a')) continue;
    const path = join(entry.parentPath, entry.name);
    files.push({ path: path.slice(folder.length + 1), bytes: (await lstat(path)).size });
  }
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function writeCopy(copy: CopyOrder): Promise<void> {
  for (const { path } of copy.files) {
    const target = join(copy.to, path);
    await makeFolders(copy.to, dirname(path));
    await copyFile(join(copy.from, path), target);
    await chmod(target, path.startsWith(join('native', 'bin')) ? 0o755 : 0o644);
  }
}

/** Open to every account to read, whatever this process's umask is. */
async function makeFolders(top: string, below: string): Promise<void> {
  let folder = top;
  for (const part of ['', ...below.split(sep)]) {
    folder = join(folder, part);
    if ((await mkdir(folder, { recursive: true })) !== undefined) await chmod(folder, 0o755);
  }
}

async function isIntact(folder: string, files: readonly ListedFile[]): Promise<boolean> {
  for (const { path, bytes } of [{ path: '', bytes: undefined }, ...files]) {
    const found = await lstat(join(folder, path)).catch(absentAs(undefined));
    if (found === undefined || !isOwn(found)) return false;
    if (bytes === undefined ? !found.isDirectory() : !found.isFile() || found.size !== bytes) return false;
  }
  return true;
}

/** Rejects unless nobody else can put something in the folder's place, neither there nor in a folder above. */
async function requireOwn(cache: string): Promise<void> {
  for (let folder = cache; ; folder = dirname(folder)) {
    const found = await lstat(folder);
    const sticky = (found.mode & 0o1000) !== 0 && folder !== cache && found.uid === 0;
    if (!found.isDirectory() || !(isOwn(found) || sticky)) {
      throw embeddedFault(
        `${folder} is no folder that only its owner can change, so no programs are run from ${cache}.`,
      );
    }
    if (folder === dirname(folder)) return;
  }
}

function isOwn(found: { readonly uid: number; readonly mode: number }): boolean {
  // Windows has neither owners nor modes here; there a copy is only ever made in the user's own folder.
  if (process.platform === 'win32') return true;
  const mine = found.uid === 0 || found.uid === process.geteuid?.();
  return mine && (found.mode & 0o022) === 0;
}
