/**
 * Brings node_modules in line with package-lock.json before anything else runs. Plain JavaScript on Node's own
 * modules: at this moment nothing is installed and the machine's Node may be old.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean }} LockedPackage
 * @typedef {{ packages: Record<string, LockedPackage> }} LockFile
 */

/**
 * Whether what npm recorded as installed is what the lock file asks for. Optional packages may be absent, being made
 * for other machines; packages beyond the lock file do no harm.
 *
 * @param {LockFile} wanted package-lock.json
 * @param {LockFile} installed node_modules/.package-lock.json, which npm writes when an install has succeeded
 */
export function lockFits(wanted, installed) {
  return Object.entries(wanted.packages).every(([path, locked]) => {
    if (path === '') return true;
    const found = installed.packages[path];
    if (found === undefined) return locked.optional === true || locked.devOptional === true;
    return found.version === locked.version && found.integrity === locked.integrity;
  });
}

/** @param {string} root the checkout */
function isInstalled(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  return lockFits(readJson(join(root, 'package-lock.json')), readJson(record));
}

/**
 * Installs what the lock file names unless it is there already. Silent then; otherwise one line before and after.
 *
 * @param {string} root the checkout
 * @throws when npm fails, with all that npm said
 */
export async function ensureInstalled(root) {
  if (isInstalled(root)) return;
  console.error('Installing dependencies, about a minute on the first run …');
  const startedAt = Date.now();
  // Development packages hold the pinned Node, so they are needed whatever NODE_ENV says; the machine's own Node may
  // be older than they ask for, because they never run on it.
  await runNpm(['ci', '--include=dev', '--include=optional', '--engine-strict=false'], root);
  console.error(`Dependencies installed in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
}

/**
 * Runs npm without showing anything of it.
 *
 * @param {readonly string[]} args
 * @param {string} directory
 * @returns {Promise<void>}
 * @throws when npm fails, with all that npm said
 */
export async function runNpm(args, directory) {
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--no-progress', '--loglevel=error'];
  const npm = findNpm();
  const child = spawn(npm.command, [...npm.args, ...args, ...quiet], {
    cwd: directory,
    shell: npm.shell,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (text) => (output += String(text)));
  child.stderr.on('data', (text) => (output += String(text)));
  const [code] = await once(child, 'close');
  if (code === 0) return;
  throw new Error(`${output}\n\`npm ${args[0]}\` failed in ${directory}; npm's own words are above.`);
}

/** The npm that started us, run by the Node it runs on; the one on the PATH when we were started without npm. */
function findNpm() {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  if (script?.endsWith('npm-cli.js') && node !== undefined) return { command: node, args: [script], shell: false };
  return { command: 'npm', args: [], shell: process.platform === 'win32' };
}

/**
 * @param {string} path
 * @returns {any} the parsed file
 */
function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
