/**
 * The folder `postgres` in TIDEMARK_DATA_DIR: what lies where, and the two things remembered between runs, the
 * password and the address. The password leaves it only inside connection strings.
 */
import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { embeddedFault } from './faults.ts';
import { absentAs, writePrivateFile } from './files.ts';

export interface Home {
  readonly folder: string;
  /** PostgreSQL's own; only the account it runs as may look inside. */
  readonly dataFolder: string;
  readonly logPath: string;
  readonly passwordPath: string;
  readonly addressPath: string;
  /** Held alone by whoever is just starting, joining or leaving. */
  readonly startLockPath: string;
  /** Held together by every process that uses the server. */
  readonly presenceLockPath: string;
}

/** Where the server was last told to listen. Written before it is started, so that it is known whatever happens next. */
export interface Address {
  readonly port: number;
  /** Name of the machine or container. */
  readonly host: string;
}

/** Makes the folder unless it is there. Rejects when this user may not write to it. */
export async function openHome(dataDir: string): Promise<Home> {
  const parent = resolve(dataDir);
  const folder = join(parent, 'postgres');
  const isOurs = basename(parent) === OUR_NAME || (await stat(parent).catch(absentAs(undefined))) === undefined;
  await makeFolder(folder);
  if (isOurs) await keepOutOfGit(parent);
  await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  return {
    folder,
    dataFolder: join(folder, 'data'),
    logPath: join(folder, 'postgres.log'),
    passwordPath: join(folder, 'password'),
    addressPath: join(folder, 'server.json'),
    startLockPath: join(folder, 'start.lock'),
    presenceLockPath: join(folder, 'presence.lock'),
  };
}

/** The folder that settings name by default. */
const OUR_NAME = '.tidemark';

/** Tokens and the key they are encrypted with lie below it. A folder of somebody else's is left as it is. */
async function keepOutOfGit(folder: string): Promise<void> {
  // It may be there already; whether this user may write is found out in the folder that has to be written to.
  await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx' }).catch(() => undefined);
}

/** As `mkdir -p`. Made step by step: Node's own recursive way calls a read-only disk a missing folder. */
async function makeFolder(folder: string): Promise<void> {
  if ((await stat(folder).catch(absentAs(undefined)))?.isDirectory()) return;
  await makeFolder(dirname(folder));
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    // Another process was faster; a file of that name is met by whoever looks into the folder.
    if (error.code !== 'EEXIST') throw error;
  });
}

/**
 * A name that is this folder's alone, also beside a copy of it, and stays when the folder is moved. Never change how
 * it is made: a running server is known by it.
 */
export async function findClusterName(home: Home): Promise<string> {
  const { dev, ino } = await stat(home.folder, { bigint: true });
  return `tidemark-${dev.toString(36)}-${ino.toString(36)}`;
}

/** Made once, before the data folder that it opens. Call it under the start lock only. */
export async function readOrMakePassword(home: Home): Promise<string> {
  const held = await readFile(home.passwordPath, 'utf8').catch(absentAs(undefined));
  if (held !== undefined) return held.trim();
  if ((await stat(home.dataFolder).catch(absentAs(undefined))) !== undefined) {
    throw embeddedFault(
      `The password of the embedded PostgreSQL is lost: ${home.passwordPath} is missing. ` +
        `Restore it from a backup, or move ${home.dataFolder} away; Tidemark then starts with an empty mirror.`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  await writePrivateFile(home.passwordPath, `${password}\n`);
  return password;
}

/** Undefined when it was never written, or cannot be understood: then a new one is found. */
export async function readAddress(home: Home): Promise<Address | undefined> {
  const text = await readFile(home.addressPath, 'utf8').catch(absentAs('null'));
  try {
    const value = JSON.parse(text) as Partial<Address> | null;
    if (!Number.isInteger(value?.port)) return undefined;
    return { port: Number(value?.port), host: String(value?.host) };
  } catch {
    return undefined;
  }
}

export async function rememberPort(home: Home, port: number): Promise<void> {
  const address: Address = { port, host: hostname() };
  await writePrivateFile(home.addressPath, `${JSON.stringify(address)}\n`);
}
