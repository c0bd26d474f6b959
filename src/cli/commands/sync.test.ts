import { describe, expect, it } from 'vitest';
import { createFake } from '../../../test/support/cli/fake-context.ts';
import { populate } from '../../../test/support/cli/fake-world.ts';
import { pageIdOf } from '../../../test/support/answers.ts';

const twoPages = () => ({
  world: populate({ pages: new Map() }, { pages: 2, conversations: 1_000 }),
  connected: ['1', '2'],
});

function neverEndingAfter(first: () => void): Promise<void> {
  first();
  return Promise.withResolvers<void>().promise;
}

describe('tidemark sync', () => {
  it('syncs every active Page when none is named and shows an aligned table', async () => {
    const fake = createFake(twoPages());
    expect(await fake.run('sync')).toBe(0);
    expect(fake.stdout().split('\n')).toEqual([
      'Page    mode  synced    new  changed  messages  calls  seconds',
      'Page 1  full   1,000  1,000        0     3,000      2     0.50',
      'Page 2  full   1,000  1,000        0     3,000      2     0.50',
      '',
      'Synced 2 Pages in 1.00 s: 2,000 conversations (2,000 new, 0 changed), 6,000 messages, 4 calls.',
      '',
    ]);
    expect(fake.calls()).toEqual(['syncAll {"trigger":"cli"}', 'collectHistory {"trigger":"cli"}']);
    expect(fake.happened).toEqual(['open tidemark', 'close tidemark']);
  });

  it('syncs the named Pages, by uuid or Facebook id, with what the flags say', async () => {
    const fake = createFake(twoPages());
    const pages = JSON.stringify([{ pageId: pageIdOf('2') }, { pageId: pageIdOf('1') }]);
    expect(await fake.run('sync', '2', pageIdOf('1').toUpperCase(), '--full', '--max-duration', '240s')).toBe(0);
    expect(fake.calls()).toEqual([
      `syncAll {"pages":${pages},"forceFull":true,"maxDurationMs":240000,"trigger":"cli"}`,
      `collectHistory {"pages":${pages},"maxDurationMs":239000,"trigger":"cli"}`,
    ]);
  });

  it('syncs one channel of each Page when it is named, and takes no other word for one', async () => {
    const fake = createFake(twoPages());
    expect(await fake.run('sync', '--platform', 'instagram')).toBe(0);
    expect(fake.calls()).toEqual([
      'syncAll {"platform":"instagram","trigger":"cli"}',
      'collectHistory {"platform":"instagram","trigger":"cli"}',
    ]);
    const wrong = createFake(twoPages());
    expect(await wrong.run('sync', '--platform', 'whatsapp')).toBe(2);
    expect(wrong.stderr()).toContain('It must be messenger or instagram.');
    expect(wrong.happened).toEqual([]);
  });

  it('prints one JSON document on stdout and its log on stderr', async () => {
    const fake = createFake({ ...twoPages(), env: { LOG_FORMAT: 'text' } });
    expect(await fake.run('sync', '--json')).toBe(0);
    expect(JSON.parse(fake.stdout())).toMatchObject({ totalPages: 2, totals: { totalSynced: 2_000 } });
    expect(fake.stderr()).toContain('[Sync Conversations] Starting full sync for page: 1\n');
  });

  it('exits 1 when a Page failed, and says which and why', async () => {
    const error = 'Facebook no longer accepts the token of Page 2.';
    const rows = { 2: { success: false, status: 'failed', error, code: 'TOKEN_EXPIRED', synced: 0 } } as const;
    const fake = createFake({ ...twoPages(), rows });
    expect(await fake.run('sync')).toBe(1);
    expect(fake.stdout()).toContain(`\nPage 2 failed: ${error} (TOKEN_EXPIRED)\n`);
    expect(fake.stdout()).toContain('Synced 1 of 2 Pages');
  });

  it('exits 1 when a Page is partial', async () => {
    const fake = createFake({ ...twoPages(), rows: { 1: { status: 'partial' } } });
    expect(await fake.run('sync', '--json')).toBe(1);
    expect(JSON.parse(fake.stdout())).toMatchObject({ results: [{ status: 'partial' }, { status: 'succeeded' }] });
  });

  it('exits 2 for a Page that is not connected, before anything is synced', async () => {
    const fake = createFake(twoPages());
    expect(await fake.run('sync', '1', '777')).toBe(2);
    expect(fake.stderr()).toMatch(/^No Page 777 is connected\.\nList the connected Pages/);
    expect(fake.calls()).toEqual([]);
    expect(fake.happened).toEqual(['open tidemark', 'close tidemark']);
  });

  it('says how to connect a Page when there is none', async () => {
    const fake = createFake();
    expect(await fake.run('sync')).toBe(0);
    expect(fake.stdout()).toContain('tidemark pages add --token-stdin');
  });

  it('closes in good order on Ctrl-C and exits 130', async () => {
    const fake = createFake({
      ...twoPages(),
      onWork: () => neverEndingAfter(() => fake.signals.emit('SIGINT', 'SIGINT')),
    });
    expect(await fake.run('sync')).toBe(130);
    expect(fake.happened).toEqual(['open tidemark', 'close tidemark']);
    expect(fake.signals.listenerCount('SIGINT')).toBe(0);
  });

  it('ends at once on the second Ctrl-C', async () => {
    const fake = createFake({
      ...twoPages(),
      onWork: () =>
        neverEndingAfter(() => {
          fake.signals.emit('SIGINT', 'SIGINT');
          fake.signals.emit('SIGTERM', 'SIGTERM');
        }),
    });
    await fake.run('sync');
    expect(fake.happened).toEqual(['open tidemark', 'exit 143', 'close tidemark']);
  });

  it('shows control characters of a Page name as escapes', async () => {
    const world = { pages: new Map([['1', { name: 'A\u001b[2J\u0007B\nC', conversations: [] }]]) };
    const fake = createFake({ world, connected: ['1'] });
    await fake.run('sync');
    expect(fake.stdout()).toMatch(/^A\\x1b\[2J\\x07B\\nC +full/m);
  });
});
