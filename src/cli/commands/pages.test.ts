import { describe, expect, it } from 'vitest';
import { createFake } from '../../../test/support/cli/fake-context.ts';
import { populate } from '../../../test/support/cli/fake-world.ts';
import { pageIdOf } from '../../../test/support/answers.ts';

const world = () => populate({ pages: new Map() }, { pages: 2, conversations: 1 });

describe('tidemark pages', () => {
  it('lists Pages with their status and last sync in words', async () => {
    const fake = createFake({ world: world(), connected: ['1', '2'] });
    expect(await fake.run('pages', 'list')).toBe(0);
    expect(fake.stdout().split('\n').slice(0, 2)).toEqual([
      'Page    Facebook Page id  channels   status     last sync      id',
      `Page 1  1                 messenger  connected  3 minutes ago  ${pageIdOf('1')}`,
    ]);
  });

  it('lists them as one JSON document', async () => {
    const fake = createFake({ world: world(), connected: ['1'] });
    expect(await fake.run('pages', 'list', '--json')).toBe(0);
    expect(JSON.parse(fake.stdout())).toMatchObject({
      success: true,
      pages: [{ facebookPageId: '1', name: 'Page 1' }],
    });
  });

  it('connects Pages with the token from stdin, trimmed, and repeats it nowhere', async () => {
    const fake = createFake({ world: world(), stdin: '  EAAB-token\r\n' });
    expect(await fake.run('pages', 'add', '--token-stdin')).toBe(0);
    expect(fake.calls()).toEqual(['connect EAAB-token']);
    expect(fake.stdout()).toBe(
      'Connected Page 1 (1).\nConnected Page 2 (2).\n2 Pages connected; mirror them with `tidemark sync`.\n',
    );
    expect(fake.stderr() + fake.stdout()).not.toContain('EAAB');
  });

  it('says what is missing although the Pages are connected', async () => {
    const fake = createFake({ world: world(), stdin: 'without-instagram' });
    expect(await fake.run('pages', 'add', '--token-stdin')).toBe(0);
    expect(fake.stdout()).toContain('Connected Page 2 (2).\nNo Instagram.\n2 Pages connected');
  });

  it('exits 1 and names the reason when the token connects no Page', async () => {
    const fake = createFake({ world: world(), stdin: 'powerless' });
    expect(await fake.run('pages', 'add', '--token-stdin', '--json')).toBe(1);
    expect(JSON.parse(fake.stdout())).toMatchObject({ success: false, refused: [{ reason: 'No MESSAGING task.' }] });
  });

  it.each([
    ['an argument', ['EAABhunter2hunter2hunter2']],
    ['the value of an option', ['--token=EAABhunter2hunter2hunter2']],
    ['the word behind an option', ['--token', 'EAABhunter2hunter2hunter2']],
    ['an argument beside --token-stdin', ['--token-stdin', 'EAABhunter2hunter2hunter2']],
  ])('refuses a token as %s, with the reason and without repeating it', async (_, args) => {
    const fake = createFake({ world: world(), stdin: 'x' });
    expect(await fake.run('pages', 'add', ...args)).toBe(2);
    expect(fake.stderr()).toContain('shell history');
    expect(fake.stderr() + fake.stdout()).not.toContain('hunter2');
    expect(fake.happened).toEqual([]);
  });

  it('does not repeat a token that stands behind a misspelt option', async () => {
    const fake = createFake();
    expect(await fake.run('pages', 'add', '--tokn=EAABhunter2hunter2hunter2', '--json')).toBe(2);
    expect(fake.stderr() + fake.stdout()).not.toContain('hunter2');
  });

  it.each([
    ['nothing', '', /Nothing came through stdin/],
    ['several words', 'my token', /more than one word/],
  ])('refuses %s on stdin', async (_, stdin, complaint) => {
    const fake = createFake({ stdin });
    expect(await fake.run('pages', 'add', '--token-stdin')).toBe(2);
    expect(fake.stderr()).toMatch(complaint);
    expect(fake.happened).toEqual([]);
  });

  it('asks where the token comes from when nothing says so', async () => {
    const fake = createFake();
    expect(await fake.run('pages', 'add')).toBe(2);
    expect(fake.stderr()).toContain('--token-stdin < token.txt');
  });

  it.each([
    ['pause', `setActive ${pageIdOf('1')} false`, 'Paused Page 1 (1).\n'],
    ['resume', `setActive ${pageIdOf('1')} true`, 'Resumed Page 1 (1).\n'],
    ['remove', `remove ${pageIdOf('1')}`, 'Removed Page 1 (1) and everything mirrored of it.\n'],
  ])('can %s a Page named by either id', async (name, call, said) => {
    for (const id of ['1', pageIdOf('1')]) {
      const fake = createFake({ world: world(), connected: ['1'] });
      expect(await fake.run('pages', name, id)).toBe(0);
      expect(fake.calls()).toEqual([call]);
      expect(fake.stdout()).toBe(said);
    }
  });

  const mirrored = () => ({
    world: world(),
    connected: ['1'],
    rows: {},
  });

  it.each([
    ['the question is answered with yes', { stdin: 'yes\n', typed: true }, [], 0],
    ['--yes says so', {}, ['--yes'], 0],
    ['the question is answered with anything else', { stdin: '\n', typed: true }, [], 1],
    ['nobody can answer', {}, [], 2],
  ] as const)('removes a Page that holds something when it is meant: %s', async (...[, options, flags, status]) => {
    const fake = createFake({ ...mirrored(), ...options, held: true });
    expect(await fake.run('pages', 'remove', '1', ...flags)).toBe(status);
    expect(fake.calls()).toEqual(status === 0 ? [`remove ${pageIdOf('1')}`] : []);
    if (status === 0) expect(fake.stdout()).toContain('everything mirrored of it: 1 conversation and 3 messages.\n');
    else expect(fake.stdout() + fake.stderr()).toMatch(/Nothing was (done|removed)/);
    if (!flags.includes('--yes' as never)) expect(fake.stderr()).toContain('1 conversation and 3 messages');
  });

  it.each([60, 80, 120])(
    'lists a Page with a long fault in a table of %i columns and tells the fault below',
    async (columns) => {
      const statusDetail = `Facebook refused the Page: “${'Error validating access token. '.repeat(7)}” (code 190).`;
      const fake = createFake({
        world: world(),
        connected: ['1', '2'],
        pageFields: { 2: { status: 'token_expired', statusDetail } },
        terminal: true,
        columns,
      });
      await fake.run('pages', 'list');
      const lines = fake.stdout().split('\n');
      expect(Math.max(...lines.slice(0, 3).map((line) => line.length))).toBeLessThanOrEqual(columns);
      expect(lines[2]).toContain('token expired');
      expect(fake.stdout()).toContain(
        `\nPage 2 is token expired: ${statusDetail} (TOKEN_EXPIRED)\n  → Connect the Page again`,
      );
    },
  );

  it('exits 2 when the Page to change is not connected', async () => {
    const fake = createFake({ world: world() });
    expect(await fake.run('pages', 'remove', '1', '--json')).toBe(2);
    expect(JSON.parse(fake.stdout())).toMatchObject({ success: false, code: 'PAGE_NOT_FOUND' });
  });
});
