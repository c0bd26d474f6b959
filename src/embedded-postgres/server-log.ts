/**
 * The server's own log: a file that PostgreSQL writes to directly, so that it outlives whoever started it. Kept
 * small from outside, because PostgreSQL can limit its log by age but not by size.
 */
import { open, stat, truncate, writeFile, type FileHandle } from 'node:fs/promises';
import { absentAs } from './files.ts';

const MAX_BYTES = 4 * 1024 * 1024;
const KEPT_BYTES = 1024 * 1024;

/** Opens the log for a server to append to. The handle is the caller's to close. */
export async function openLog(path: string): Promise<FileHandle> {
  return await open(path, 'a', 0o600);
}

/** Where the log ends now, in bytes. */
export async function findLogEnd(path: string): Promise<number> {
  return await stat(path).then((file) => file.size, absentAs(0));
}

/** The last `count` lines (default 12) written after byte `start`. */
export async function readLastLines(path: string, start = 0, count = 12): Promise<readonly string[]> {
  const text = await readTail(path, start);
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .slice(-count);
}

/**
 * Moves the newest megabyte of an overgrown log to `<path>.1` and empties it. The server goes on writing, as its
 * handle always appends.
 */
export async function trimLog(path: string, maxBytes = MAX_BYTES): Promise<void> {
  if ((await findLogEnd(path)) <= maxBytes) return;
  await writeFile(`${path}.1`, await readTail(path, 0), { mode: 0o600 });
  await truncate(path, 0);
}

async function readTail(path: string, start: number): Promise<string> {
  const file = await open(path, 'r').catch(absentAs(undefined));
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const from = Math.max(start, size - KEPT_BYTES);
    const buffer = Buffer.alloc(Math.max(0, size - from));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
