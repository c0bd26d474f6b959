import { describe, expect, it } from 'vitest';
import type { FindingAnswer } from '../../api/verify.ts';
import { createFake } from '../../../test/support/cli/fake-context.ts';
import { populate } from '../../../test/support/cli/fake-world.ts';
import { aFinding, pageIdOf } from '../../../test/support/answers.ts';

const twoPages = () => ({
  world: populate({ pages: new Map() }, { pages: 2, conversations: 1_000 }),
  connected: ['1', '2'],
});

const finding = (conversationId: string, fields: Partial<FindingAnswer> = {}) =>
  aFinding(conversationId, { updatedTime: '2026-01-01T09:30:00.000Z', repaired: false, ...fields });

const pagesOf = (...ids: readonly string[]) => JSON.stringify(ids.map((id) => ({ pageId: pageIdOf(id) })));

const differing = (fields: Partial<FindingAnswer> = {}) => ({
  2: {
    missing: [finding('t_1', { missedBySync: true, ...fields })],
    stale: [finding('t_2', { contactName: null, ...fields })],
    deleted: [finding('t_3', { updatedTime: null, ...fields })],
  },
});

describe('tidemark verify', () => {
  it('compares every active Page when none is named, and says that everything is in sync', async () => {
    const fake = createFake(twoPages());
    expect(await fake.run('verify')).toBe(0);
    expect(fake.stdout().split('\n')).toEqual([
      'Page    compared  missing  stale  deleted  repaired  calls  seconds',
      'Page 1     1,000        0      0        0         0      2     0.50',
      'Page 2     1,000        0      0        0         0      2     0.50',
      '',
      'Everything is in sync: 2,000 conversations of 2 Pages compared, nothing differs.',
      '',
    ]);
    expect(fake.calls()).toEqual([`verifyAll {"pages":${pagesOf('1', '2')},"repair":false,"trigger":"cli"}`]);
    expect(fake.happened).toEqual(['open tidemark', 'close tidemark']);
  });

  it('compares the named Pages with what the flags say', async () => {
    const fake = createFake(twoPages());
    expect(await fake.run('verify', pageIdOf('2'), '--repair', '--max-duration', '60s')).toBe(0);
    expect(fake.calls()).toEqual([
      `verifyAll {"pages":${pagesOf('2')},"repair":true,"maxDurationMs":60000,"trigger":"cli"}`,
    ]);
  });

  it.each([
    ['messenger', pagesOf('1', '2')],
    ['instagram', '[]'],
  ])('compares one channel when it is named, of the Pages that have it: %s', async (platform, pages) => {
    const fake = createFake(twoPages());
    expect(await fake.run('verify', '--platform', platform)).toBe(0);
    expect(fake.calls()).toEqual([
      `verifyAll {"pages":${pages},"platform":"${platform}","repair":false,"trigger":"cli"}`,
    ]);
  });

  it('says how to connect a Page when there is none', async () => {
    const fake = createFake();
    expect(await fake.run('verify')).toBe(0);
    expect(fake.stdout()).toContain('tidemark pages add --token-stdin');
  });

  it('lists every difference in a sentence and is done, like a diff; with --exit-code they are a failure', async () => {
    const fake = createFake({ ...twoPages(), verifies: differing() });
    expect(await fake.run('verify')).toBe(0);
    expect(fake.stdout().split('\n').slice(4)).toEqual([
      'Page 2: conversation t_1 with Ada Winter, last changed 2026-01-01T09:30:00Z, is missing from the mirror; a sync should have met it.',
      'Page 2: conversation t_2, last changed 2026-01-01T09:30:00Z, is older in the mirror than at Facebook.',
      'Page 2: conversation t_3 with Ada Winter is gone at Facebook.',
      '',
      'Not in sync: 2,000 conversations of 2 Pages compared, 3 differences remain. `tidemark verify --repair` repairs. ' +
        '1 of them should have been met by a sync: please report that.',
      '',
    ]);
    expect(await createFake({ ...twoPages(), verifies: differing() }).run('verify', '--exit-code')).toBe(1);
  });

  it('says what was repaired, which leaves nothing for --exit-code', async () => {
    const fake = createFake({ ...twoPages(), verifies: differing({ repaired: true, missedBySync: false }) });
    expect(await fake.run('verify', '--repair', '--exit-code')).toBe(0);
    expect(fake.stdout()).toContain('is missing from the mirror; now repaired.\n');
    expect(fake.stdout()).toContain('is gone at Facebook; now marked as deleted.\n');
    expect(fake.stdout()).toContain(
      '\nEverything is in sync now: 2,000 conversations of 2 Pages compared, 3 differences repaired.\n',
    );
  });

  it('exits 1 when a Page failed, says why, and does not call the rest in sync', async () => {
    const error = 'Facebook no longer accepts the token of Page 2.';
    const fake = createFake({ ...twoPages(), verifies: { 2: { error, code: 'TOKEN_EXPIRED' } } });
    expect(await fake.run('verify')).toBe(1);
    expect(fake.stdout()).toContain(`\nPage 2 failed: ${error} (TOKEN_EXPIRED)\n  → Connect the Page again`);
    expect(fake.stdout()).toContain(
      '\nNot known for 1 of 2 Pages: 1,000 conversations of 1 Page compared, see above.\n',
    );
  });

  it('exits 1 when a Page is partial, and says what is inconclusive', async () => {
    const inconclusive = 'Facebook did not list 60 of the 120 conversations that are held.';
    const fake = createFake({ ...twoPages(), verifies: { 1: { status: 'partial', inconclusive } } });
    expect(await fake.run('verify')).toBe(1);
    expect(fake.stdout()).toContain(`Page 1: ${inconclusive}\nPage 1 is partial: `);
    expect(fake.stdout()).not.toContain('Everything is in sync');
  });

  it('counts the differences beyond those that the answer names', async () => {
    const counts = { missing: 1_500, stale: 0, deleted: 0, missedBySync: 0 };
    const fake = createFake({ ...twoPages(), verifies: { 1: { missing: [finding('t_1')], counts } } });
    await fake.run('verify');
    expect(fake.stdout()).toContain('Page 1: … and 1,499 differences more\n');
    expect(fake.stdout()).toContain('1,500 differences remain');
  });

  it('names the first ten differences of a Page, and says who names the others', async () => {
    const missing = Array.from({ length: 290 }, (_, index) => finding(`t_${index}`));
    const fake = createFake({ ...twoPages(), verifies: { 1: { missing } } });
    await fake.run('verify');
    expect(fake.stdout().match(/is missing from the mirror/g)).toHaveLength(10);
    expect(fake.stdout()).toContain('Page 1: … and 280 differences more; `--json` names them\n');
  });

  it('says that a Page of which nothing is mirrored has to be synced, and names no one', async () => {
    const missing = Array.from({ length: 300 }, (_, index) => finding(`t_${index}`));
    const fake = createFake({ ...twoPages(), verifies: { 1: { missing, total: 300 } } });
    await fake.run('verify');
    expect(fake.stdout()).toContain(
      'Page 1: nothing of its 300 conversations is mirrored. Sync it first: `tidemark sync 1`.\n',
    );
    expect(fake.stdout()).not.toContain('Ada Winter');
  });

  it('says nothing with --quiet unless something is wrong', async () => {
    const fake = createFake({ ...twoPages(), terminal: true });
    expect(await fake.run('verify', '--quiet')).toBe(0);
    expect(fake.stdout() + fake.stderr()).toBe('');
    const wrong = createFake({ ...twoPages(), verifies: differing() });
    expect(await wrong.run('verify', '--quiet', '--exit-code')).toBe(1);
    expect(wrong.stdout()).toContain('Not in sync');
  });

  it('prints one JSON document on stdout and its log on stderr', async () => {
    const fake = createFake({ ...twoPages(), verifies: differing(), env: { LOG_FORMAT: 'text' } });
    expect(await fake.run('verify', '--json')).toBe(0);
    expect(JSON.parse(fake.stdout())).toMatchObject({ totalPages: 2, results: [{}, { counts: { missing: 1 } }] });
    expect(fake.stderr()).toContain('Verifying page: 1');
  });

  it('shows a bar for every Page on a terminal, and there no ordinary log lines', async () => {
    const fake = createFake({ ...twoPages(), terminal: true });
    expect(await fake.run('verify')).toBe(0);
    expect(fake.stderr()).toMatch(/Page 2 .*━.*1,000 conversations.*done in 0\.50 s/);
    expect(fake.stderr()).not.toContain('[Sync Conversations]');
    expect(fake.stdout()).toContain('Everything is in sync');
  });

  it('exits 2 for a Page that is not connected, and for a duration that is none', async () => {
    const fake = createFake(twoPages());
    expect(await fake.run('verify', '1', '777')).toBe(2);
    expect(fake.calls()).toEqual([]);
    expect(await createFake(twoPages()).run('verify', '--max-duration', 'soon')).toBe(2);
  });

  it('closes in good order on Ctrl-C and exits 130', async () => {
    const fake = createFake({
      ...twoPages(),
      onWork: () => {
        fake.signals.emit('SIGINT', 'SIGINT');
        return Promise.withResolvers<void>().promise;
      },
    });
    expect(await fake.run('verify')).toBe(130);
    expect(fake.happened).toEqual(['open tidemark', 'close tidemark']);
  });

  it('shows control characters of names as escapes', async () => {
    const odd = finding('t_1', { contactName: 'A\u001b[2J\u0007B' });
    const fake = createFake({ ...twoPages(), verifies: { 1: { missing: [odd] } } });
    await fake.run('verify');
    expect(fake.stdout()).toContain(String.raw`with A\x1b[2J\x07B, last`);
  });
});
