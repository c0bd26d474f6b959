#!/usr/bin/env node
/**
 * The `tidemark` command: the compiled program in an installed package, the TypeScript source in a checkout. Plain
 * JavaScript that any Node can read, so that an old one gets a sentence instead of a syntax error.
 */
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const isNewEnough = major > 22 || (major === 22 && minor >= 18);
// What Node has compiled once it reads from its cache the next time; a Node that has no such cache needs none.
module.enableCompileCache?.();
const source = new URL('../src/cli/main.ts', import.meta.url);
const isCheckout = existsSync(source);

if (isCheckout && !existsSync(new URL('../node_modules/.package-lock.json', import.meta.url))) {
  console.error('The dependencies of this checkout are not installed. Run `npm ci` first, or `npm start`, which does.');
  process.exitCode = 2;
} else if (isNewEnough) {
  await import(isCheckout ? source.href : new URL('../dist/src/cli/main.js', import.meta.url).href);
} else if (isCheckout) {
  await runWithPinnedNode();
} else {
  console.error(
    `Tidemark needs Node 22.18 or newer; this is ${process.version}. Get a newer one from https://nodejs.org.`,
  );
  process.exitCode = 2;
}

async function runWithPinnedNode() {
  const { findRuntime } = await import('../scripts/runtime.js');
  const { supervise } = await import('../scripts/supervise.js');
  const runtime = await findRuntime(fileURLToPath(new URL('..', import.meta.url)));
  await supervise(runtime, [fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}
