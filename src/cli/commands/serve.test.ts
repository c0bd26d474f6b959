import { describe, expect, it } from 'vitest';
import { TidemarkError } from '../../core/errors.ts';
import { createFake } from '../../../test/support/cli/fake-context.ts';
import type { Fake } from '../../../test/support/cli/fake-context.ts';

async function until(fake: Fake, isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
  fake.signals.emit('SIGTERM', 'SIGTERM');
}

describe('tidemark serve', () => {
  it('says where it listens and how to look into the embedded database, and exits 0 on a signal', async () => {
    const fake = createFake();
    const shown = () => fake.stdout().includes('Ctrl-C');
    const [status] = await Promise.all([fake.run('serve'), until(fake, shown)]);
    expect(status).toBe(0);
    expect(fake.stdout().split('\n')).toEqual([
      'Tidemark listens on http://127.0.0.1:4680',
      "The mirror: psql 'postgresql://postgres:local@127.0.0.1:5/tidemark'",
      'Ctrl-C ends it.',
      '',
    ]);
    expect(fake.happened).toEqual(['open tidemark', 'open server 127.0.0.1:4680', 'close server', 'close tidemark']);
  });

  it('keeps the connection string of a database of the user to itself', async () => {
    const fake = createFake({ env: { DATABASE_URL: 'postgresql://me:hunter2@db/x' } });
    await Promise.all([fake.run('serve'), until(fake, () => fake.stdout().includes('Ctrl-C'))]);
    expect(fake.stdout() + fake.stderr()).not.toContain('hunter2');
  });

  it('refuses an address that other machines can reach, before opening anything', async () => {
    const fake = createFake({ env: { HOST: '0.0.0.0' } });
    expect(await fake.run('serve')).toBe(2);
    expect(fake.stderr()).toContain('HOST must be a loopback address');
    expect(fake.happened).toEqual([]);
  });

  it.each(['TIDEMARK_API_KEYS', 'SUPABASE_JWT_SECRET'])(
    'does not start with %s, which it could not honour',
    async (name) => {
      const fake = createFake({ env: { [name]: 'hunter2' } });
      expect(await fake.run('serve')).toBe(2);
      expect(fake.stderr()).toContain(`cannot do what ${name} asks for`);
      expect(fake.stderr()).not.toContain('hunter2');
      expect(fake.happened).toEqual([]);
    },
  );

  it('warns of a variable that nothing reads', async () => {
    const fake = createFake({ env: { SYNC_INTERVALL: '1m' } });
    await Promise.all([fake.run('serve'), until(fake, () => fake.stdout().includes('Ctrl-C'))]);
    expect(fake.stderr()).toContain('There is no setting SYNC_INTERVALL; did you mean SYNC_INTERVAL?');
  });

  it.each([
    [['serve'], 'jobs.start {"worker":true}'],
    [['serve', '--no-worker'], 'jobs.start {"worker":false}'],
  ])('joins the jobs for `%s`, and takes no more once a signal has come', async (args, started) => {
    const fake = createFake();
    await Promise.all([fake.run(...args), until(fake, () => fake.stdout().includes('Ctrl-C'))]);
    expect(fake.calls()).toEqual([started, 'jobs.stop']);
  });

  it('logs what goes wrong in the jobs and goes on', async () => {
    const problem = new TidemarkError('DATABASE_UNAVAILABLE', 'The database cannot be reached.');
    const fake = createFake({ onStart: (onProblem) => onProblem(problem) });
    const [status] = await Promise.all([fake.run('serve'), until(fake, () => fake.stdout().includes('Ctrl-C'))]);
    expect(status).toBe(0);
    expect(fake.stderr()).toContain('[Jobs] The database cannot be reached. (DATABASE_UNAVAILABLE)');
  });
});
