/**
 * Locks between processes that die with their holder, however it dies. The lock is the one SQLite takes on a
 * database file through the operating system, so there is nothing stale to clean up after a `kill -9`, on any
 * platform. Nothing is ever stored in the file, and nothing else may open it: closing another handle to the same
 * file would drop the lock.
 */
import { DatabaseSync } from 'node:sqlite';
import { sleep } from '../lib/sleep.ts';
import { embeddedFault } from './faults.ts';

export type LockKind = 'shared' | 'exclusive';

export interface FileLock {
  /** Safe to call twice. */
  release(): void;
}

const SQLITE_BUSY = 5;
const POLL_MS = 20;

/** Takes the lock, or answers undefined when others hold it for longer than `waitMs` (default 0). Blocks the thread. */
export function tryLock(path: string, kind: LockKind, waitMs = 0): FileLock | undefined {
  const file = openLockFile(path, waitMs);
  try {
    // Otherwise SQLite makes a journal file beside an empty database, which needs room on the disk.
    file.exec('PRAGMA journal_mode = MEMORY');
    if (kind === 'exclusive') file.exec('BEGIN EXCLUSIVE');
    else file.exec('BEGIN; SELECT count(*) FROM sqlite_schema');
  } catch (error) {
    file.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw cannotLock(path, error);
  }
  return {
    release: () => {
      if (file.isOpen) file.close();
    },
  };
}

/** Takes the lock as soon as it is free, without blocking the thread; undefined when it was not within `timeoutMs`. */
export async function lockWithin(path: string, kind: LockKind, timeoutMs: number): Promise<FileLock | undefined> {
  const deadlineAt = performance.now() + timeoutMs;
  for (;;) {
    const lock = tryLock(path, kind);
    if (lock !== undefined || performance.now() >= deadlineAt) return lock;
    await sleep(POLL_MS);
  }
}

function openLockFile(path: string, timeoutMs: number): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: timeoutMs });
  } catch (error) {
    throw cannotLock(path, error);
  }
}

function cannotLock(path: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return embeddedFault(
    `Tidemark cannot lock ${path} (${reason}). Check that the file belongs to the user who runs Tidemark and lies on a disk with free space.`,
    error,
  );
}
