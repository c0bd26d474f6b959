/** `npm start`: `tidemark serve` or `tidemark demo`, with the arguments that were given. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';

import { demoOrServe } from './demo-or-serve.js';

const launcher = new URL('../bin/tidemark.js', import.meta.url);
const fromFile = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};

process.argv.splice(1, 1, fileURLToPath(launcher), demoOrServe({ ...fromFile, ...process.env }));
await import(launcher.href);
