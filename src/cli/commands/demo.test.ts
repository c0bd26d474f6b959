import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFake } from '../../../test/support/cli/fake-context.ts';
import type { Fake } from '../../../test/support/cli/fake-context.ts';

const SMALL = ['demo', '--pages', '5', '--conversations', '60'] as const;

/** Presses Ctrl-C as soon as the text is on stdout. */
async function stopWhenShown(fake: Fake, text: string, stream: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
  while (!fake[stream]().includes(text)) await new Promise(setImmediate);
  fake.signals.emit('SIGINT', 'SIGINT');
}

describe('tidemark demo', () => {
  it('syncs, lets people write, syncs again, and finds every conversation and message in the mirror', async () => {
    const fake = createFake();
    expect(await fake.run(...SMALL, '--exit')).toBe(0);
    const lines = fake.stdout().split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        '  Page 1: 10 new messages',
        '  Page 2: 50 new messages',
        '  Page 3: nothing new',
        '  Page 4: 2 new messages and 3 new conversations',
        '  Page 5: 20 new conversations',
        'Page       mode         conversations  messages  calls  seconds',
        'Page 1     full                    60       180      2     0.50',
        '           incremental             10        10      2     0.50',
        'All Pages  full                   300       900     10     1.00',
        '           incremental             85        85     10     1.00',
        '✔ Every conversation and message of the world is in the mirror (323 conversations, 985 messages).',
      ]),
    );
    expect(fake.happened).toEqual([
      'open simulator {"profile":"seed","pages":5,"conversations":60}',
      'open tidemark',
      'close tidemark',
      'close simulator',
    ]);
  });

  it('exits 1 and names the conversation when the mirror lacks a message', async () => {
    const fake = createFake({ lostMessage: 'm_2_7_3' });
    expect(await fake.run(...SMALL, '--exit')).toBe(1);
    expect(fake.stdout()).toContain('✘ The mirror differs from the world in 1 place:');
    expect(fake.stdout()).toContain('  Page 2: conversation t_2_7 lacks 1 of 4 messages');
  });

  it('exits 1 when a Page failed to sync', async () => {
    const fake = createFake({ rows: { 3: { success: false, status: 'failed', error: 'Facebook refused.' } } });
    expect(await fake.run(...SMALL, '--exit')).toBe(1);
    expect(fake.stdout()).toContain('Page 3: failed, Facebook refused.');
  });

  it('begins with a fresh world: Pages of earlier demos go first', async () => {
    const fake = createFake({ connected: ['901', '902'] });
    expect(await fake.run(...SMALL, '--exit')).toBe(0);
    expect(fake.calls().map((call) => call.split(' ')[0])).toEqual([
      'remove',
      'remove',
      'connect',
      'syncAll',
      'syncAll',
    ]);
    expect(fake.stdout()).toContain('Removed 2 Pages of an earlier demo.');
  });

  it('stays away from the database, key and app of the settings', async () => {
    const env = {
      DATABASE_URL: 'postgresql://real/db',
      TIDEMARK_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
      META_APP_ID: '1',
      META_APP_SECRET: 's',
      TIDEMARK_DATA_DIR: 'here',
    };
    const fake = createFake({ env });
    expect(await fake.run(...SMALL, '--exit')).toBe(0);
    expect(fake.settings()).toMatchObject({
      databaseUrl: undefined,
      encryptionKey: undefined,
      appId: undefined,
      appSecret: undefined,
      graphApiUrl: 'http://127.0.0.1:4681',
      dataDir: join(fake.context.cwd, 'here', 'demo'),
    });
  });

  it('prints one JSON document on stdout, and tells the story on stderr', async () => {
    const fake = createFake();
    expect(await fake.run(...SMALL, '--exit', '--json')).toBe(0);
    expect(JSON.parse(fake.stdout())).toMatchObject({
      success: true,
      full: { totalPages: 5, totals: { totalSynced: 300 } },
      incremental: { totals: { totalSynced: 85 } },
      comparison: { complete: true, conversations: 323, messages: 985, differences: [] },
    });
    expect(fake.stderr()).toContain('First sync: everything');
    expect(fake.stderr()).toContain('Page 1: 60 of 60 conversations, 180 messages, 2 calls, done in 0.50 s');
  });

  it('then serves the API until Ctrl-C, and closes in the order of need', async () => {
    const fake = createFake({ env: { PORT: '4999' } });
    const [status] = await Promise.all([fake.run(...SMALL), stopWhenShown(fake, 'Ctrl-C ends it.')]);
    expect(status).toBe(0);
    expect(fake.stdout()).toContain('  curl -X POST http://127.0.0.1:4999/api/conversations/sync-all\n');
    expect(fake.happened.slice(2)).toEqual([
      'open server 127.0.0.1:4999',
      'close server',
      'close tidemark',
      'close simulator',
    ]);
  });

  it('can be left with Ctrl-C in the middle of a sync', async () => {
    const fake = createFake({ onWork: () => Promise.withResolvers<void>().promise });
    const [status] = await Promise.all([fake.run(...SMALL), stopWhenShown(fake, 'First sync')]);
    expect(status).toBe(130);
    expect(fake.happened.slice(2)).toEqual(['close tidemark', 'close simulator']);
  });

  it('refuses to serve on an address that others can reach, before it does anything', async () => {
    const fake = createFake({ env: { HOST: '0.0.0.0' } });
    expect(await fake.run(...SMALL)).toBe(2);
    expect(fake.happened).toEqual([]);
  });

  it('draws a bar for each Page on a terminal and keeps stdout free of escape sequences', async () => {
    const fake = createFake({ terminal: true });
    expect(await fake.run(...SMALL, '--exit')).toBe(0);
    expect(fake.stderr()).toMatch(/Page 5 {2}━{28} {5}60 conversations {5}180 messages {4}2 calls {2}done in 0\.50 s/);
    expect(fake.stdout()).not.toContain('\u001b');
  });
});
