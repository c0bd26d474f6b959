/** Small certainties about files that the embedded server's bookkeeping rests on. Must not know what is in them. */
import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** For `catch`: a file that is not there counts as `value`; any other failure is passed on. */
export function absentAs<T>(value: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return value;
    throw error;
  };
}

const DRAFT_MARK = '.new-';

/** A name beside `path` that nobody else uses, for what is to take its place when it is complete. */
export function draftOf(path: string): string {
  return `${path}${DRAFT_MARK}${randomBytes(6).toString('hex')}`;
}

/** An initdb whose parent was killed may go on filling the folder for a while: about ten seconds of patience in all. */
const PATIENTLY = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 } as const;

/** Removes what a killed process left half-made beside `path`, also while a child that outlived it still writes there. */
export async function removeDrafts(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    if (name.startsWith(`${basename(path)}${DRAFT_MARK}`)) await rm(join(folder, name), PATIENTLY);
  }
}

/** Puts a draft in its place, for good: also when the power fails right after. */
export async function putInPlace(draft: string, path: string): Promise<void> {
  await rename(draft, path);
  // Windows cannot open folders, and its file system journals the renaming.
  if (process.platform === 'win32') return;
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Writes a file that only its owner may read: whole or not at all, also when the power fails. */
export async function writePrivateFile(path: string, content: string): Promise<void> {
  const draft = draftOf(path);
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(content);
    // Root, for once, in another user's folder must not lock that user out.
    const { uid, gid } = await stat(dirname(path));
    if (process.geteuid?.() === 0) await file.chown(uid, gid);
    await file.sync();
  } finally {
    await file.close();
  }
  await putInPlace(draft, path);
}
