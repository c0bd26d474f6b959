import { describe, expect, it } from 'vitest';
import { columnsOf } from '../../lib/columns.ts';
import { createFake, type Fake } from '../../../test/support/cli/fake-context.ts';
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
      'Page    mode  checked  current  synced    new  changed  messages  calls  seconds',
      'Page 1  full    1,000        0   1,000  1,000        0     3,000      2     0.50',
      'Page 2  full    1,000        0   1,000  1,000        0     3,000      2     0.50',
      '',
      'Synced 2 Pages in 1.00 s: 2,000 conversations (2,000 new, 0 changed), 0 already current, 6,000 messages, 4 calls.',
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
    expect(fake.stdout()).toContain(`\nPage 2 failed: ${error} (TOKEN_EXPIRED)\n  → Connect the Page again`);
    expect(fake.stdout()).toContain('Synced 1 of 2 Pages');
  });

  it('tells of Pages that fail alike together, with what to do', async () => {
    const fail = (trace: string) =>
      ({
        success: false,
        status: 'failed',
        error: `Facebook refused the conversations of the Page: “Error” (code 190, fbtrace_id ${trace}).`,
        code: 'TOKEN_EXPIRED',
      }) as const;
    const world = populate({ pages: new Map() }, { pages: 14, conversations: 1 });
    const connected = [...world.pages.keys()];
    const rows = Object.fromEntries(connected.slice(1).map((id) => [id, fail(`Ab${id}xYz`)]));
    const fake = createFake({ world, connected, rows: { ...rows, 2: { ...fail('x'), code: 'GRAPH_ERROR' } } });
    expect(await fake.run('sync')).toBe(1);
    expect(fake.stdout().split('\n').slice(16, 22)).toEqual([
      'Page 2 failed: Facebook refused the conversations of the Page: “Error” (code 190, fbtrace_id x). (GRAPH_ERROR)',
      '  → Try again, and report it if it stays.',
      `12 Pages failed alike, the first one: ${fail('Ab3xYz').error} (TOKEN_EXPIRED)`,
      `  ${[3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((id) => `Page ${id}`).join(', ')} and 2 more`,
      '  → Connect the Page again with a fresh token; nothing that is mirrored is lost.',
      '',
    ]);
  });

  it('shows a bar for every Page on a terminal, and there no ordinary log lines', async () => {
    const fake = createFake({ ...twoPages(), terminal: true });
    expect(await fake.run('sync')).toBe(0);
    expect(fake.stderr()).toMatch(/Page 2 {2}━{28} .*1,000 conversations {3}3,000 messages .* done in 0\.50 s/);
    expect(fake.stderr()).not.toContain('[Sync Conversations]');
  });

  it('shows one bar for all Pages where the screen has not enough lines', async () => {
    const world = populate({ pages: new Map() }, { pages: 40, conversations: 3 });
    const fake = createFake({ world, connected: [...world.pages.keys()], terminal: true });
    expect(await fake.run('sync')).toBe(0);
    expect(fake.stderr()).toMatch(/All 40 {2}━+ .*120 conversations .* 40 of 40 ended/);
    expect(fake.stderr()).not.toContain('Page 7 ');
  });

  it('says nothing with --quiet unless something is wrong', async () => {
    const fake = createFake({ ...twoPages(), terminal: true });
    expect(await fake.run('sync', '--quiet')).toBe(0);
    expect(fake.stdout() + fake.stderr()).toBe('');
    const error = 'Facebook did not answer.';
    const rows = { 2: { success: false, status: 'failed', error, code: 'GRAPH_UNREACHABLE' } } as const;
    const wrong = createFake({ ...twoPages(), rows });
    expect(await wrong.run('sync', '--quiet')).toBe(1);
    expect(wrong.stdout()).toContain(`Page 2 failed: ${error}`);
  });

  it.each([60, 80, 120])(
    'keeps its tables within a terminal of %i columns, with the figures whole',
    async (columns) => {
      const world = populate({ pages: new Map() }, { pages: 2, conversations: 1_000 });
      world.pages.set('3', { name: 'The Corner Bakery and Café at the Old Market 東京', conversations: [] });
      const fake = createFake({ world, connected: ['1', '2', '3'], terminal: true, columns });
      await fake.run('sync');
      const table = fake.stdout().split('\n').slice(0, 4);
      expect(Math.max(...table.map(columnsOf))).toBeLessThanOrEqual(columns);
      expect(table[1]).toMatch(/^Page 1 .* 1,000 .* 3,000 +2/);
      expect(fake.stdout().includes('Left out here')).toBe(columns < 120);
    },
  );

  it.each([[], ['--json']])('says after Ctrl-C what is stored %s', async (...flags) => {
    const fake: Fake = createFake({
      ...twoPages(),
      onWork: async () => undefined,
      onSynced: (page) => {
        if (page.facebookPageId !== '1') return Promise.resolve();
        fake.signals.emit('SIGINT', 'SIGINT');
        return Promise.withResolvers<void>().promise;
      },
    });
    expect(await fake.run('sync', ...flags)).toBe(130);
    if (flags.length === 0) {
      expect(fake.stdout()).toBe(
        'Stopped. Stored so far: 1,000 conversations, 3,000 messages of 1 Page, 1 of them done. ' +
          'The next sync goes on from there.\n',
      );
      return;
    }
    expect(JSON.parse(fake.stdout())).toMatchObject({
      success: false,
      status: 'cancelled',
      code: 'RUN_CANCELLED',
      results: [{ facebookPageId: '1', status: 'succeeded', synced: 1_000, eventsCreated: 3_000 }],
      totals: { totalSynced: 1_000, totalChecked: 1_000 },
    });
  });

  it('exits 1 when a Page is partial', async () => {
    const fake = createFake({ ...twoPages(), rows: { 1: { status: 'partial' } } });
    expect(await fake.run('sync', '--json')).toBe(1);
    expect(JSON.parse(fake.stdout())).toMatchObject({ results: [{ status: 'partial' }, { status: 'succeeded' }] });
  });

  it('exits 2 for a Page that is not connected, before anything is synced', async () => {
    const fake = createFake(twoPages());
    expect(await fake.run('sync', '1', '777')).toBe(2);
    expect(fake.stderr()).toMatch(/^No Page 777 is connected\.\nList the connected Pages/m);
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
