/**
 * The encryption key of the embedded PostgreSQL: made on first use, readable by its owner only. A database elsewhere
 * never gets one: its key must live as long as the database, which a folder on this machine may not.
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '../lib/secret.ts';

const FILE = 'encryption.key';

export async function readOrMakeKey(dataDir: string): Promise<Secret> {
  const path = join(dataDir, FILE);
  try {
    return new Secret((await readFile(path, 'utf8')).trim());
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  await mkdir(dataDir, { recursive: true });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flush: true });
  try {
    // A link is made whole or not at all, and never over a key that another process has just made.
    await link(draft, path);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  } finally {
    await unlink(draft);
  }
  return new Secret((await readFile(path, 'utf8')).trim());
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
