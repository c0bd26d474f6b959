/** What becomes of the tokens that people hand in: which are exchanged, refused, or connected with a warning. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTidemark } from '../../src/engine/create-tidemark.ts';
import { must } from '../../src/lib/must.ts';
import { Secret } from '../../src/lib/secret.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

let world: TestWorld;
let app: { readonly appId: string; readonly appSecret: Secret };

beforeAll(async () => {
  world = await openWorld({ version: 17, connect: false, simulator: { pages: 2, conversations: 3 } });
  const { appId, appSecret } = world.simulator.world.settings;
  app = { appId, appSecret: new Secret(appSecret) };
});

afterAll(() => world[Symbol.asyncDispose]());

beforeEach(() => world.simulator.calls.clear());

async function connect(token: string, settings: object = {}) {
  await using tidemark = await createTidemark({ ...world.settings, ...settings });
  return await tidemark.pages.connect(token);
}

const callsOf = (kind: string) => world.simulator.calls.all.filter((call) => call.kind === kind).length;

describe('a token that is handed in', () => {
  it('and lives shortly is exchanged where the app is known, once, and the Pages get tokens that last', async () => {
    const { tokens } = world.simulator.world;
    const answer = await connect(tokens.shortUser, app);
    expect(answer).toMatchObject({ exchanged: true, connected: [{}, {}], refused: [] });
    expect(answer.warnings).toBeUndefined();
    expect([callsOf('debug_token'), callsOf('oauth')]).toEqual([1, 1]);
  });

  it('and lives shortly is connected with a warning where the app is not known', async () => {
    const { warnings, connected, exchanged } = await connect(world.simulator.world.tokens.shortUser);
    expect(connected).toHaveLength(2);
    expect(exchanged).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringMatching(/^The token ends at 20\d\d-.* UTC, .* META_APP_ID and META_APP_SECRET/),
    ]);
    expect(callsOf('oauth')).toBe(0);
  });

  it('and lasts is taken as it is, without a word', async () => {
    for (const settings of [{}, app]) {
      const answer = await connect(world.simulator.world.tokens.user, settings);
      expect(answer.connected).toHaveLength(2);
      expect(answer).not.toHaveProperty('warnings');
      expect(callsOf('oauth')).toBe(0);
    }
  });

  it('of a Page is never exchanged, and its life is told only where the app is known', async () => {
    const { token } = must(world.simulator.world.pages[0], 'a Page');
    expect(await connect(token, app)).not.toHaveProperty('warnings');
    const { warnings } = await connect(token);
    expect(warnings).toEqual([expect.stringMatching(/^How long this token lives is not known\./)]);
    expect(callsOf('oauth')).toBe(0);
  });

  it('and may not read messages is refused before anything is stored, with what it may do', async () => {
    const { tokens } = world.simulator.world;
    for (const scope of ['pages_messaging', 'instagram_manage_messages'] as const) tokens.revoke(scope);
    for (const settings of [{}, app]) {
      await expect(connect(tokens.user, settings)).rejects.toMatchObject({
        code: 'PERMISSION_MISSING',
        message: expect.stringMatching(/lacks pages_messaging.* It has: business_management, .*pages_show_list/),
      });
    }
    for (const scope of ['pages_messaging', 'instagram_manage_messages'] as const) tokens.grant(scope);
    tokens.revoke('pages_manage_metadata');
    expect((await connect(tokens.user)).warnings).toEqual([
      'The token lacks pages_manage_metadata, which reading conversations may need.',
    ]);
    tokens.grant('pages_manage_metadata');
  });

  it('whose person did not choose a Page connects the others and says so', async () => {
    const [first, second] = world.simulator.world.pages;
    world.simulator.world.tokens.choose('pages_messaging', [must(second, 'a second Page')]);
    const { connected, refused } = await connect(world.simulator.world.tokens.user, app);
    expect(connected.map((page) => page.facebookPageId)).toEqual([second?.id]);
    expect(refused).toEqual([
      { facebookPageId: first?.id, name: 'Page 1', reason: expect.stringContaining('did not choose it') },
    ]);
    world.simulator.world.tokens.choose('pages_messaging', undefined);
  });

  it('is connected also when Facebook will not tell of it, with the reason', async () => {
    const wrong = { appId: '1', appSecret: app.appSecret };
    const { connected, warnings = [] } = await connect(world.simulator.world.tokens.user, wrong);
    expect(connected).toHaveLength(2);
    expect(warnings[0]).toMatch(/^Facebook does not tell how long the token lives\. Facebook refused/);
    expect(warnings.join()).not.toMatch(/EAA|hunter/);
  });

  it('stands in no event, warning or refusal, whatever Facebook echoes', async () => {
    const { tokens } = world.simulator.world;
    world.simulator.faults.add({
      match: { kind: 'debug_token' },
      times: 1,
      effect: { type: 'error', code: 100, message: `Bad input_token ${tokens.user} of ${app.appSecret.reveal()}` },
    });
    const { warnings = [] } = await connect(tokens.user, app);
    expect(warnings[0]).toContain('[secret]');
    expect(warnings.join()).not.toContain(tokens.user);
    expect(warnings.join()).not.toContain(app.appSecret.reveal());
  });
});
