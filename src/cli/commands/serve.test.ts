import { describe, expect, it } from 'vitest';
import { createFake, populate } from '../testing/fake-outside.ts';
import type { Fake } from '../testing/fake-outside.ts';

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

  it('syncs every active Page each SYNC_INTERVAL and goes on after a failed round', async () => {
    let rounds = 0;
    const onSync = async (): Promise<void> => {
      rounds += 1;
      if (rounds === 1) throw new Error('the first round fails');
    };
    const world = populate({ pages: new Map() }, { pages: 1, conversations: 1 });
    const fake = createFake({ env: { SYNC_INTERVAL: '1s' }, world, connected: ['1'], onSync });
    const [status] = await Promise.all([fake.run('serve'), until(fake, () => rounds === 2)]);
    expect(status).toBe(0);
    expect(fake.tidemark().calls).toEqual(Array(2).fill('syncAll {"forceFull":false,"trigger":"schedule"}'));
    expect(fake.stderr()).toContain('The scheduled sync failed and is tried again');
  });
});
