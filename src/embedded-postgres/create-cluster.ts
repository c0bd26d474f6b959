/**
 * Makes the data folder: initdb fills a folder beside it, which is renamed when it is complete. A half-made data
 * folder must never be found under the final name.
 */
import { chown, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { handOver } from './account.ts';
import { type Cluster, standIn, SUPERUSER } from './cluster.ts';
import { embeddedFault, explainOutput, quotingFault } from './faults.ts';
import { absentAs, draftOf, putInPlace, removeDrafts } from './files.ts';
import { runProgram } from './run-program.ts';
import { localeArguments } from './settings.ts';

/** Makes the data folder unless it is there. Rejects when it was made by another major version of PostgreSQL. */
export async function ensureCluster(cluster: Cluster): Promise<void> {
  const { dataFolder, binaries } = cluster;
  await removeDrafts(dataFolder);
  const folder = await stat(dataFolder).catch(absentAs(undefined));
  if (folder === undefined) return await createCluster(cluster);

  const version = await readFile(join(dataFolder, 'PG_VERSION'), 'utf8').catch(absentAs(undefined));
  if (version === undefined) {
    throw embeddedFault(
      `${dataFolder} is not a complete PostgreSQL data folder: PG_VERSION is missing. ` +
        'Restore it from a backup, or move it away; Tidemark then starts with an empty mirror.',
    );
  }
  if (Number(version) !== binaries.majorVersion) {
    throw embeddedFault(
      `${dataFolder} was made by PostgreSQL ${version.trim()}, but this Tidemark brings PostgreSQL ${binaries.majorVersion}. ` +
        'Use the Tidemark that made it, or move the folder away, connect the Pages again and let a full sync fill a new mirror.',
    );
  }
  if (cluster.account !== undefined) await handOver(dataFolder, cluster.account);
}

async function createCluster(cluster: Cluster): Promise<void> {
  const { account, binaries, dataFolder } = cluster;
  const draft = draftOf(dataFolder);
  await mkdir(draft, { mode: 0o700 });
  if (account !== undefined) await chown(draft, account.uid, account.gid);
  const { dataArgument, spawn } = standIn(cluster, draft);
  const password = await passPassword(cluster, draft);
  try {
    const args = [
      `--pgdata=${dataArgument}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${password.argument}`,
      '--auth=scram-sha-256',
      '--data-checksums',
      ...localeArguments(binaries.majorVersion),
    ];
    const result = await runProgram(binaries.initdb, { args, spawn, inputFd: password.fd });
    if (result.status !== 0) {
      await rm(draft, { recursive: true, force: true });
      const explanation = explainOutput(result.lines, dataFolder);
      if (explanation !== undefined) throw embeddedFault(explanation);
      throw quotingFault(`initdb could not make ${dataFolder}.`, result.lines.slice(-12));
    }
  } finally {
    await password.forget();
  }
  await putInPlace(draft, dataFolder);
}

/**
 * Lets initdb read the password. An account other than ours can open no file by its path here, so it inherits the
 * descriptor of one that is gone from its folder by then.
 */
async function passPassword(cluster: Cluster, draft: string) {
  const path = `${draft}.password`;
  const file = await open(path, 'wx+', 0o600);
  await file.writeFile(`${cluster.password}\n`);
  const forget = async () => {
    await file.close();
    await rm(path, { force: true });
  };
  if (cluster.account === undefined) return { argument: path, fd: undefined, forget };
  await file.chown(cluster.account.uid, cluster.account.gid);
  await rm(path);
  return { argument: '/proc/self/fd/3', fd: file.fd, forget };
}
