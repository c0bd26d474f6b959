/**
 * `node scripts/bootstrap.js SCRIPT [ARGUMENT…]`: installs what is missing, then runs the script with the pinned
 * Node. Works on a fresh clone with nothing but Node 20 and npm; asks nothing, and is silent when all is in place.
 */
import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';

import { ensureInstalled } from './installation.js';
import { findRuntime } from './runtime.js';
import { supervise } from './supervise.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const [script = '', ...args] = process.argv.slice(2);

try {
  await ensureInstalled(root);
  await supervise(await findRuntime(root), [resolve(root, script), ...args]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
