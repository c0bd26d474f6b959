import { describe, expect, it } from 'vitest';
import { type ErrorEntry, ERRORS } from '../core/error-catalogue.ts';
import { TidemarkError } from '../core/errors.ts';
import { type RunAnswer, RunSchema } from '../api/runs.ts';
import { createFake, type Fake } from '../../test/support/cli/fake-context.ts';
import { answer } from '../../test/support/answers.ts';
import { LAST_SYNC, populate } from '../../test/support/cli/fake-world.ts';

const RUN: RunAnswer = {
  ...answer(RunSchema, {
    pageName: 'Page 1',
    status: 'failed',
    startedAt: LAST_SYNC,
    finishedAt: '2026-01-02T03:04:06.500Z',
    synced: 1_234,
    eventsCreated: 5,
    graphCalls: 3,
    phases: { survey: { calls: 1, durationMs: 300, rows: 25 }, collect: { calls: 2, durationMs: 1_100, rows: 1_239 } },
    errorCode: 'GRAPH_ERROR',
    errorMessage: 'Facebook refused.',
  }),
  id: 'run-1',
};

const failing = (error: unknown) => ({
  overrides: {
    openTidemark: async () => {
      throw error;
    },
  },
});

describe('the command line', () => {
  it('prints a foreseen failure as a sentence and advice, without a stack', async () => {
    const fake = createFake(failing(new TidemarkError('DATABASE_UNAVAILABLE', 'The database cannot be reached.')));
    expect(await fake.run('sync')).toBe(1);
    expect(fake.stderr()).toBe(
      'The database cannot be reached.\nCheck DATABASE_URL and that the server runs; nothing is lost.\n',
    );
    expect(fake.stdout()).toBe('');
  });

  it('shows the stack of an unforeseen fault only with LOG_LEVEL=debug', async () => {
    const quiet = createFake(failing(new TypeError('x is undefined')));
    expect(await quiet.run('sync')).toBe(1);
    expect(quiet.stderr()).toContain('Unexpected fault: x is undefined\n');
    expect(quiet.stderr()).not.toMatch(/\n +at /);

    const talkative = createFake({ ...failing(new TypeError('x is undefined')), env: { LOG_LEVEL: 'debug' } });
    expect(await talkative.run('sync')).toBe(1);
    expect(talkative.stderr()).toMatch(/TypeError: x is undefined\n +at /);
  });

  it('scrubs credentials from whatever a failure says', async () => {
    const fake = createFake(failing(new Error('GET /me?access_token=hunter2 postgres://u:hunter2@h/d')));
    await fake.run('sync', '--json');
    expect(fake.stderr() + fake.stdout()).not.toContain('hunter2');
  });

  it('reports a failure as the one JSON document too when asked for JSON', async () => {
    const fake = createFake({ env: { PORT: 'http' } });
    expect(await fake.run('sync', '--json')).toBe(2);
    expect(JSON.parse(fake.stdout())).toEqual({
      success: false,
      error: 'PORT must be a whole number from 0 to 65535; not "http".',
      code: 'INVALID_SETTING',
    });
  });

  it('gives an advice that says what to do, or none', async () => {
    const fake = createFake({ env: { PORT: 'http' } });
    await fake.run('sync');
    expect(fake.stderr()).toBe('PORT must be a whole number from 0 to 65535; not "http".\n');
    for (const { advice } of Object.values<ErrorEntry>(ERRORS))
      expect(advice ?? '').not.toMatch(/the message (?:says|quotes|names (?!another|it))/i);
  });

  it('warns at the start of a database without a key for its tokens', async () => {
    const fake = createFake({ env: { DATABASE_URL: 'postgresql://h/d' } });
    await fake.run('sync');
    expect(fake.stderr()).toMatch(/^Warning: DATABASE_URL is set and TIDEMARK_ENCRYPTION_KEY is not/);
    const both = createFake({
      env: { DATABASE_URL: 'postgresql://h/d', TIDEMARK_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64') },
    });
    await both.run('sync');
    expect(both.stderr()).not.toContain('Warning');
    const app = createFake({ env: { META_APP_ID: '123' } });
    await app.run('pages', 'list');
    expect(app.stderr()).toContain('Warning: META_APP_ID does nothing without META_APP_SECRET');
  });

  it('says where the mirror is when no DATABASE_URL does', async () => {
    const fake = createFake();
    await fake.run('pages', 'list');
    expect(fake.stderr()).toBe('DATABASE_URL is not set: using the embedded PostgreSQL in .tidemark.\n');
  });

  it.each([['pages', 'list'], ['runs'], ['sync'], ['verify'], ['demo', '--exit']])(
    'prints one JSON document also when a signal ends %s %s',
    async (...args) => {
      const fake: Fake = createFake({
        world: populate({ pages: new Map() }, { pages: 1, conversations: 1 }),
        connected: ['1'],
        onWork: () => Promise.withResolvers<void>().promise,
        onRead: () => {
          fake.signals.emit('SIGTERM', 'SIGTERM');
          return args[0] === 'sync' || args[0] === 'verify' ? Promise.resolve() : Promise.withResolvers<void>().promise;
        },
      });
      expect(await fake.run(...args.filter((word) => word !== undefined), '--json')).toBe(143);
      expect(JSON.parse(fake.stdout())).toMatchObject({ success: false, status: 'cancelled', code: 'RUN_CANCELLED' });
    },
  );

  it('prints help and version on stdout with status 0', async () => {
    const fake = createFake();
    expect(await fake.run('--version')).toBe(0);
    expect(await fake.run('help', 'sync')).toBe(0);
    expect(fake.stdout()).toMatch(/^1\.2\.3\nUsage: tidemark sync/);
    expect(fake.stderr()).toBe('');
  });

  it('shows the runs, newest first as they come', async () => {
    const fake = createFake({ runs: [RUN] });
    expect(await fake.run('runs', '--limit', '5')).toBe(0);
    expect(fake.stdout().split('\n')[1]).toBe(
      '3 minutes ago  Page 1  messenger  incremental  schedule  failed    1,234         5      3     1.50  survey 1 in 0.30, collect 2 in 1.10',
    );
    expect(fake.stdout().split('\n').slice(2)).toEqual([
      '',
      'Page 1 (incremental) failed: Facebook refused. (GRAPH_ERROR)',
      '  → Try again, and report it if it stays.',
      '',
    ]);
    const json = createFake({ runs: [RUN] });
    await json.run('runs', '--json');
    expect(JSON.parse(json.stdout())).toEqual({ success: true, runs: [RUN] });
  });

  it('cancels a run, and names it in the list while it goes on', async () => {
    const running = {
      ...RUN,
      id: 'run-2',
      status: 'running',
      finishedAt: null,
      errorCode: null,
      errorMessage: null,
    } as const;
    const fake = createFake({ runs: [running, { ...RUN, status: 'cancelled' }] });
    await fake.run('runs');
    expect(fake.stdout()).toContain('tidemark runs cancel run-2\n');
    expect(await fake.run('runs', 'cancel', 'run-2')).toBe(0);
    expect(fake.calls()).toEqual(['cancel run-2']);
    expect(fake.stdout()).toContain('Run run-2 is asked to end');
    await fake.run('runs', 'cancel', 'run-1');
    expect(fake.stdout()).toContain('Run run-1 has ended (cancelled)');
    expect(await fake.run('runs', 'cancel', 'run-9')).toBe(2);
    const json = createFake({ runs: [running] });
    await json.run('runs', 'cancel', 'run-2', '--json');
    expect(JSON.parse(json.stdout())).toEqual({ success: true, run: running });
  });

  it('prints the migrations without settings or a database', async () => {
    const fake = createFake({ env: { PORT: 'wrong' } });
    expect(await fake.run('migrate', '--print')).toBe(0);
    expect(fake.stdout()).toBe('CREATE TABLE facebook_pages ();\n');
    expect(fake.happened).toEqual([]);
  });

  it('migrates the database of the settings, or the embedded one', async () => {
    const own = createFake({ env: { DATABASE_URL: 'postgresql://h/d' } });
    expect(await own.run('migrate')).toBe(0);
    expect(own.stdout()).toBe('Applied 1 migration; the database is at version 1.\n  0001_pages\n');
    const embedded = createFake();
    expect(await embedded.run('migrate')).toBe(0);
    expect(embedded.calls()).toEqual(['checkReady']);
  });

  it('runs the simulator until Ctrl-C and says how to point Tidemark at it', async () => {
    const fake = createFake();
    const running = fake.run(
      'simulate',
      '--pages',
      '2',
      '--conversations',
      '3',
      '--profile',
      'fast',
      '--seed',
      '7',
      '--instagram-pages',
      '1',
    );
    while (!fake.stdout().includes('Ctrl-C')) await new Promise(setImmediate);
    fake.signals.emit('SIGINT', 'SIGINT');
    expect(await running).toBe(0);
    expect(fake.happened).toEqual([
      'open simulator {"port":4681,"profile":"fast","pages":2,"conversations":3,"instagramPages":1,"seed":7,"callsPerSecond":2}',
      'close simulator',
    ]);
    expect(fake.stdout()).toContain('  export GRAPH_API_URL=http://127.0.0.1:4681\n');
    expect(fake.stdout()).toContain('Page 2  2   token-2\n');
    expect(fake.stdout()).toContain('User token  user-token\n');
  });
});
