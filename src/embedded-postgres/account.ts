/**
 * Under which account the server runs. PostgreSQL refuses to be root, so a Tidemark run by root drops to an account
 * that exists already; none is ever created. Everybody else's server runs as they do.
 */
import { lchown, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { embeddedFault } from './faults.ts';
import { absentAs } from './files.ts';

export interface ServerAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** In order of preference; all of them own nothing and may not log in. */
const UNPRIVILEGED = ['nobody', 'daemon'];

/**
 * Undefined when the server runs as whoever runs this process, which is always so outside of Linux: there, root is
 * told to use another account by PostgreSQL itself. A data folder that exists keeps its owner.
 */
export async function chooseServerAccount(dataFolder: string): Promise<ServerAccount | undefined> {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return undefined;
  const folder = await stat(dataFolder).catch(absentAs(undefined));
  if (folder !== undefined && folder.uid !== 0) return { name: `uid ${folder.uid}`, uid: folder.uid, gid: folder.gid };
  const accounts = parseAccounts(await readFile('/etc/passwd', 'utf8').catch(absentAs('')));
  const account = UNPRIVILEGED.map((name) => accounts.get(name)).find(
    (found) => found !== undefined && found.uid !== 0,
  );
  if (account === undefined) {
    throw embeddedFault(
      `PostgreSQL refuses to run as root, and this machine has none of the accounts ${UNPRIVILEGED.join(', ')} to run it as. ` +
        'Start Tidemark as an ordinary user, or set DATABASE_URL.',
    );
  }
  return account;
}

/** Gives a data folder that root put back from a backup to the account that has to use it. */
export async function handOver(dataFolder: string, account: ServerAccount): Promise<void> {
  if ((await stat(dataFolder)).uid === account.uid) return;
  const entries = await readdir(dataFolder, { recursive: true });
  // The folder itself last: its owner tells that the rest is done.
  for (const entry of [...entries, '']) await lchown(join(dataFolder, entry), account.uid, account.gid);
}

/** The accounts of `/etc/passwd` by name. */
export function parseAccounts(passwd: string): ReadonlyMap<string, ServerAccount> {
  const accounts = new Map<string, ServerAccount>();
  for (const line of passwd.split('\n')) {
    const [name = '', , uid, gid] = line.split(':');
    if (uid && gid) accounts.set(name, { name, uid: Number(uid), gid: Number(gid) });
  }
  return accounts;
}
