/** The package as its users get it: what is in it, and that projects of every kind can use it. */
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { packPackage, type Packed } from '../support/package/packed.ts';
import { openMigratedDatabase } from '../support/world.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const EXAMPLE = read('examples/sync-once.ts');

let packed: Packed;
let simulator: Simulator;
let env: Record<string, string>;

beforeAll(async () => {
  packed = await packPackage();
  simulator = await startSimulator({ pages: 2, conversations: 30, callsPerSecond: 0 });
  env = {
    GRAPH_API_URL: simulator.url,
    TIDEMARK_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    FACEBOOK_TOKEN: simulator.world.tokens.user,
  };
});

afterAll(async () => {
  await simulator?.close();
  await packed?.[Symbol.asyncDispose]();
});

async function withDatabase(): Promise<Record<string, string>> {
  return { ...env, DATABASE_URL: (await openMigratedDatabase(17)).url };
}

describe('the package', () => {
  it('holds no tests, and only the types that its own lead to', async () => {
    const files = await readdir(packed.folder, { recursive: true });
    expect(files.filter((file) => file.includes('.test.'))).toEqual([]);
    expect(files).toContain(join('dist', 'src', 'store', 'migrations', '0001_pages.sql'));
    expect(files.filter((file) => /(store|http|cli|simulator)\/.*\.d\.ts$/.test(file))).toEqual([]);
  });

  it('has a README whose links lead somewhere from anywhere', async () => {
    const readme = await readFile(join(packed.folder, 'README.md'), 'utf8');
    const links = [...readme.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((link) => !/^https?:|^#/.test(link ?? ''))).toEqual([]);
    const manifest = JSON.parse(await readFile(join(packed.folder, 'package.json'), 'utf8')) as Manifest;
    const address = manifest.repository.url.replaceAll(/^git\+|\.git$/g, '');
    expect(links).toContain(`${address}/blob/v${manifest.version}/ARCHITECTURE.md`);
    expect([manifest.homepage, manifest.bugs.url]).toEqual([`${address}#readme`, `${address}/issues`]);
  });

  interface Manifest {
    readonly version: string;
    readonly homepage: string;
    readonly bugs: { readonly url: string };
    readonly repository: { readonly url: string };
  }
});

describe('a TypeScript project', () => {
  const types = [...read('src/index.ts').matchAll(/export type \{([^}]+)\}/g)].flatMap(([, names = '']) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );
  const allTypes = `import type { ${types.join(', ')} } from 'tidemark';\nexport type All = [${types.map((name) => (name === 'ListAnswer' ? 'ListAnswer<string>' : name)).join(', ')}];\n`;

  it.each([
    ['nodenext', { module: 'nodenext' }, { 'sync.mts': EXAMPLE, 'types.mts': allTypes }],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }, { 'sync.mts': EXAMPLE, 'types.ts': allTypes }],
    [
      'node16, as CommonJS',
      { module: 'node16' },
      {
        'types.cts': allTypes,
        'use.cts': `import { createTidemark, isTidemarkError, Secret, TidemarkError, type Tidemark } from 'tidemark';
          export async function open(): Promise<Tidemark> {
            return createTidemark({ databaseUrl: 'postgresql://h/d', encryptionKey: new Secret('x') });
          }
          export const toCode = (error: unknown) => (isTidemarkError(error) ? error.code : undefined);
          export const isOurs = (error: unknown): error is TidemarkError => error instanceof TidemarkError;`,
      },
    ],
  ])('with %s compiles, strictly', async (_, options, files) => {
    const project = await packed.project({ 'package.json': '{}', ...files });
    expect(await project.typecheck(options)).toMatchObject({ status: 0, stdout: '' });
  });
});

describe('a project', () => {
  it('in TypeScript runs the example of the README', async () => {
    const project = await packed.project({ 'package.json': '{"type":"module"}', 'sync.ts': EXAMPLE });
    const { stdout, stderr } = await project.node(['sync.ts'], await withDatabase());
    expect(stdout, stderr).toMatch(/^Page 1: Full sync: 30 conversation\(s\) with \d+ events \(2 calls, /);
  });

  it('in CommonJS can require it', async () => {
    const project = await packed.project({
      'package.json': '{}',
      'sync.js': `const { createTidemark } = require('tidemark');
        (async () => {
          const tidemark = await createTidemark();
          await tidemark.pages.connect(process.env.FACEBOOK_TOKEN);
          const { totals } = await tidemark.syncAll({});
          console.log(totals.totalSynced);
          await tidemark.close();
        })();`,
    });
    expect(await project.node(['sync.js'], await withDatabase())).toMatchObject({ status: 0, stdout: '60\n' });
  });

  it('can do what docs/library.md shows, in its order', async () => {
    const examples = [...read('docs/library.md').matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code);
    const project = await packed.project({ 'package.json': '{"type":"module"}', 'library.ts': examples.join('\n') });
    expect(await project.typecheck({ module: 'nodenext', skipLibCheck: true })).toMatchObject({
      status: 0,
      stdout: '',
    });
    const { status, stdout, stderr } = await project.node(['library.ts'], await withDatabase());
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Connected Page 1\n');
    expect(stdout).toContain('Full sync: 30 conversation(s) with');
    expect(stdout).toMatch(/^PAGE_NOT_FOUND No Page .*List the connected Pages/m);
    expect(stdout).toContain('The token is [secret]\n');
    expect(stdout).not.toMatch(/EAA\w{16}/);
  });

  it('has the command line', async () => {
    const project = await packed.project({ 'package.json': '{}' });
    const bin = 'node_modules/tidemark/bin/tidemark.js';
    expect(await project.node([bin, '--version'])).toMatchObject({ status: 0, stdout: '0.1.0\n' });
    const { stdout } = await project.node([bin, '--help']);
    expect(stdout).toContain('Mirrors every Messenger and Instagram conversation');
    expect(await project.node([bin, 'sync', '--quiet'], await withDatabase())).toMatchObject({ status: 0, stdout: '' });
  });

  it('without the optional dependencies is told in a sentence what to do when it asks for their PostgreSQL', async () => {
    const project = await packed.project({ 'package.json': '{}' }, { omitOptional: true });
    const bin = 'node_modules/tidemark/bin/tidemark.js';
    const ended = await project.node([bin, 'pages', 'list'], env);
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(/^There is no embedded PostgreSQL for .*: the npm package .* is not installed/);
    expect(ended.stderr).toContain('DATABASE_URL');
    expect(await project.node([bin, 'pages', 'list'], await withDatabase())).toMatchObject({ status: 0 });
  });
});
