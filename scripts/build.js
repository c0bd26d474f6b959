/**
 * Builds dist/ from scratch: JavaScript of src/ and simulator/ without their tests, the migrations, which are read as
 * files at run time, and those declarations that the library's own lead to. Never leaves an older build in place when
 * it fails.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const front = join(dist, 'src', 'index.d.ts');

rmSync(dist, { recursive: true, force: true });
const compiler = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (compiler.status === 0) {
  cpSync(`${root}src/store/migrations`, `${root}dist/src/store/migrations`, { recursive: true });
  removeInnerDeclarations();
  await writeCommonJsDeclarations();
} else {
  rmSync(dist, { recursive: true, force: true });
}
process.exitCode = compiler.status ?? 1;

/** Nobody can import what package.json does not export, so nobody needs to know its types. */
function removeInnerDeclarations() {
  const reached = new Set([front]);
  for (const file of reached) {
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/(?:from |import\()'(\.[^']+)'/g)) {
      reached.add(join(file, '..', path.replace(/\.[jt]s$/, '.d.ts')));
    }
  }
  for (const file of globSync('**/*.d.ts', { cwd: dist }).map((name) => join(dist, name))) {
    if (!reached.has(file)) rmSync(file);
  }
}

/** For TypeScript that compiles to CommonJS: the same types. Node itself can `require` the module as it is. */
async function writeCommonJsDeclarations() {
  const mode = "{ 'resolution-mode': 'import' }";
  const module = `import('./index.js', { with: ${mode} })`;
  const values = Object.entries(/** @type {object} */ (await import(pathToFileURL(join(dist, 'src/index.js')).href)));
  const lines = values.flatMap(([name, value]) => [
    `export declare const ${name}: typeof ${module}.${name};`,
    ...(/^class\b/.test(String(value)) ? [`export type ${name} = ${module}.${name};`] : []),
  ]);
  const types = `export type * from './index.js' with ${mode};`;
  writeFileSync(join(dist, 'src', 'index.d.cts'), `${[types, ...lines].join('\n')}\n`);
}
