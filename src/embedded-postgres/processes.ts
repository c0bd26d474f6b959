/**
 * Finds the server's processes by what the system lists. A process id alone proves nothing, as ids are used again:
 * only a process that carries the cluster's name counts.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import { absentAs } from './files.ts';

export interface PostmasterFile {
  readonly pid: number;
  readonly port: number | undefined;
}

/** What the server says about itself in its data folder; it stays behind when the server is killed. */
async function readPostmasterFile(dataFolder: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(absentAs(''));
  const lines = text.split('\n');
  const pid = Number.parseInt(lines[0] ?? '', 10);
  const port = Number.parseInt(lines[3] ?? '', 10);
  return pid > 0 ? { pid, port: port > 0 ? port : undefined } : undefined;
}

/** The server's process id, when the data folder names one and it is alive. */
export async function findPostmaster(cluster: Cluster): Promise<PostmasterFile | undefined> {
  const file = await readPostmasterFile(cluster.dataFolder);
  return file !== undefined && isPostmaster(cluster, file.pid) ? file : undefined;
}

function isPostmaster(cluster: Cluster, pid: number): boolean {
  switch (process.platform) {
    case 'linux':
      // Also tells a killed process that nobody has reaped from a living one: it has no command line any more.
      return isPostmasterCommand(cluster, readCommand(pid));
    case 'darwin':
      return isAlive(pid) && isPostmasterCommand(cluster, psCommand(pid));
    default:
      return isAlive(pid);
  }
}

function isPostmasterCommand(cluster: Cluster, command: string): boolean {
  return command.includes(`cluster_name=${cluster.name}`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Server processes whose postmaster was killed: while one of them is in the middle of a long query, it holds the
 * shared memory and no new server can start. Linux only; elsewhere they are waited for.
 */
export function findOrphans(cluster: Cluster): readonly number[] {
  if (process.platform !== 'linux') return [];
  const listed = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: readCommand(Number(name)) }));
  if (listed.some(({ command }) => isPostmasterCommand(cluster, command))) return [];
  return listed.filter(({ command }) => command.startsWith(`postgres: ${cluster.name}: `)).map(({ pid }) => pid);
}

function readCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // Gone, or hidden from us and so not ours.
    return '';
  }
}

function psCommand(pid: number): string {
  try {
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}
