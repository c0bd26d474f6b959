/** A PostgreSQL data folder together with all that is needed to run a server on it. */
import type { SpawnOptions } from 'node:child_process';
import type { ServerAccount } from './account.ts';
import type { Binaries } from './prepare-binaries.ts';
import { spawnOptions } from './run-program.ts';

export const SUPERUSER = 'tidemark';

export interface Cluster {
  readonly dataFolder: string;
  /** PostgreSQL's `cluster_name`: by it the server and its processes are known, from inside and outside. */
  readonly name: string;
  readonly logPath: string;
  readonly password: string;
  readonly binaries: Binaries;
  /** Undefined: the server runs as this process does. */
  readonly account: ServerAccount | undefined;
}

/** The first version whose programs find themselves without leaving, and failing to come back to, the working folder. */
const FIRST_TO_STAY = 16;

/**
 * How to point a program at the data folder. The account that root drops to may be unable to reach it by its path,
 * as below `/root`. So the program is put into the folder before root's rights are dropped, and told to look where it
 * stands: Linux lets a process use its own working folder whatever lies above it. That keeps the data where the user
 * asked for it, without opening a single folder above to others. Older programs need a folder they can reach.
 */
export function standIn(
  { account, binaries }: Pick<Cluster, 'account' | 'binaries'>,
  folder: string,
): { dataArgument: string; spawn: SpawnOptions } {
  if (account === undefined || binaries.majorVersion < FIRST_TO_STAY) {
    return { dataArgument: folder, spawn: spawnOptions(account, '/') };
  }
  return { dataArgument: '/proc/self/cwd', spawn: spawnOptions(account, folder) };
}

/** How clients reach the server. TLS is off whatever PGSSLMODE says: the connection does not leave the machine. */
export function connectionStringOf(cluster: Pick<Cluster, 'password'>, port: number, database = 'postgres'): string {
  return `postgresql://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}/${database}?sslmode=disable`;
}
