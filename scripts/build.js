/**
 * Builds dist/ from scratch: JavaScript and declarations of src/ and simulator/ without their tests, and the
 * migrations, which are read as files at run time. Never leaves an older build in place when it fails.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

rmSync(`${root}dist`, { recursive: true, force: true });
const compiler = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (compiler.status === 0)
  cpSync(`${root}src/store/migrations`, `${root}dist/src/store/migrations`, { recursive: true });
else rmSync(`${root}dist`, { recursive: true, force: true });
process.exitCode = compiler.status ?? 1;
