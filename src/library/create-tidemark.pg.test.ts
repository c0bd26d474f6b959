import { afterEach, describe, expect, it, vi } from 'vitest';
import { must } from '../lib/must.ts';
import { openWorld } from '../../test/support/world.ts';
import { createTidemark } from './create-tidemark.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('createTidemark of the library', () => {
  it('takes plain strings, connects with one, and gives a Page its token back as a Secret', async () => {
    await using world = await openWorld({ version: 17, connect: false, simulator: { pages: 1, conversations: 5 } });
    const { databaseUrl, encryptionKey, graphApiUrl, dataDir } = world.settings;
    const key = must(encryptionKey, 'a key').reveal();
    await using tidemark = await createTidemark({ databaseUrl, encryptionKey: key, graphApiUrl, dataDir });
    const { tokens } = world.simulator.world;
    const { connected } = await tidemark.pages.connect(tokens.user);
    const page = must(connected[0], 'a Page');
    const token = await tidemark.pages.token(page.id);
    expect(tokens.find(token.reveal())).toMatchObject({ kind: 'page', page: { id: page.facebookPageId } });
    expect(`${token} ${JSON.stringify({ token })}`).not.toContain(token.reveal());
    await expect(tidemark.pages.token(crypto.randomUUID())).rejects.toMatchObject({ code: 'PAGE_NOT_FOUND' });
  });

  it('makes itself no database in production', async () => {
    for (const [name, value] of [
      ['NODE_ENV', 'production'],
      ['DATABASE_URL', ''],
      ['TIDEMARK_DATA_DIR', ''],
    ] as const) {
      vi.stubEnv(name, value);
    }
    await expect(createTidemark()).rejects.toMatchObject({
      code: 'INVALID_SETTING',
      message: expect.stringContaining('DATABASE_URL is not set'),
    });
  });

  it('refuses what it could not honour, and what it does not know', async () => {
    const asked = { dataDir: '/tmp/none', apiKeys: ['hunter2'] };
    await expect(createTidemark(asked)).rejects.toThrow('TIDEMARK_API_KEYS');
    const misspelt = { dataDir: '/tmp/none', callsPerSecnd: 1 };
    await expect(createTidemark(misspelt)).rejects.toThrow('did you mean callsPerSecond?');
  });
});
