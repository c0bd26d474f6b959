import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { must } from '../src/lib/must.ts';
import { ask, conversationAt, firstPage, startSmall } from '../test/support/simulator/ask.ts';
import type { Shown, ShownError, ShownList } from '../test/support/simulator/ask.ts';
import type { Simulator } from './server.ts';
import type { DeadSubcode } from './tokens.ts';

const listPath = (simulator: Simulator): string => `${firstPage(simulator).id}/conversations`;

const errorOf = async (simulator: Simulator, path: string, token?: string): Promise<ShownError['error']> => {
  const { json } = await ask<ShownError>(simulator, path, token === undefined ? {} : { token });
  return json.error;
};

const sign = (simulator: Simulator, text: string): string =>
  createHmac('sha256', simulator.world.settings.appSecret).update(text).digest('hex');

describe('tokens', () => {
  it('are taken from the header, the query and the form', async () => {
    await using simulator = await startSmall();
    const { id, token } = firstPage(simulator);
    const inQuery = await ask(simulator, listPath(simulator), { token: '', parameters: { access_token: token } });
    expect(inQuery.status).toBe(200);
    const inForm = await fetch(`${simulator.url}/v25.0/${id}/subscribed_apps`, {
      method: 'POST',
      body: new URLSearchParams({ access_token: token, subscribed_fields: 'messages' }),
    });
    expect(inForm.status).toBe(200);
  });

  it('are missed with code 2500 and, when made up, refused with code 190', async () => {
    await using simulator = await startSmall();
    expect(await errorOf(simulator, listPath(simulator), '')).toMatchObject({ code: 2500, type: 'OAuthException' });
    const madeUp = await ask<ShownError>(simulator, listPath(simulator), { token: 'EAAnonsense' });
    expect(madeUp.status).toBe(400);
    expect(madeUp.json.error).toMatchObject({ code: 190, type: 'OAuthException' });
    expect(madeUp.headers.get('www-authenticate')).toContain('invalid_token');
  });

  it.each([458, 459, 460, 463, 464, 467, 492] as DeadSubcode[])('die with subcode %i', async (subcode) => {
    await using simulator = await startSmall();
    simulator.world.killToken(firstPage(simulator).id, subcode);
    expect(await errorOf(simulator, listPath(simulator))).toMatchObject({ code: 190, error_subcode: subcode });
  });

  it('die for one Page only, and a new one works', async () => {
    await using simulator = await startSmall({ pages: 2 });
    const [first, second] = simulator.world.pages;
    simulator.world.killToken(must(first, 'a Page').id);
    const other = must(second, 'a second Page');
    expect((await ask(simulator, `${other.id}/conversations`, { token: other.token })).status).toBe(200);
    const old = must(first, 'a Page').token;
    const fresh = simulator.world.renewToken(must(first, 'a Page').id);
    expect(fresh).not.toBe(old);
    expect((await ask(simulator, listPath(simulator), { token: fresh })).status).toBe(200);
    expect((await errorOf(simulator, listPath(simulator), old)).code).toBe(190);
  });

  it('of a person die with their time, which Page tokens have none of', async () => {
    let now = Date.parse('2026-11-20T10:00:00Z');
    await using simulator = await startSmall({ now: () => now });
    now += 61 * 24 * 3_600_000;
    expect(await errorOf(simulator, 'me', simulator.world.tokens.user)).toMatchObject({
      code: 190,
      error_subcode: 463,
    });
    expect((await ask(simulator, listPath(simulator))).status).toBe(200);
  });

  it('open only what they are for', async () => {
    await using simulator = await startSmall({ pages: 2 });
    const { user } = simulator.world.tokens;
    expect(await errorOf(simulator, listPath(simulator), user)).toMatchObject({ code: 210 });
    const foreign = must(simulator.world.pages[1], 'a second Page').token;
    expect(await errorOf(simulator, listPath(simulator), foreign)).toMatchObject({ code: 100, error_subcode: 33 });
    const { id } = conversationAt(simulator, 0);
    expect(await errorOf(simulator, id, foreign)).toMatchObject({ code: 100, error_subcode: 33 });
    expect(await errorOf(simulator, `?ids=${id}`, foreign)).toMatchObject({ code: 100, error_subcode: 33 });
  });
});

describe('appsecret_proof', () => {
  it('is checked when sent, in both forms', async () => {
    await using simulator = await startSmall();
    const { token } = firstPage(simulator);
    const time = Math.floor(Date.now() / 1000);
    const good = [
      { appsecret_proof: sign(simulator, token) },
      { appsecret_proof: sign(simulator, `${token}|${time}`), appsecret_time: time },
    ];
    const stale = time - 301;
    const bad = [
      { appsecret_proof: sign(simulator, 'another token') },
      { appsecret_proof: 'short' },
      { appsecret_proof: sign(simulator, `${token}|${stale}`), appsecret_time: stale },
    ];
    for (const parameters of good) expect((await ask(simulator, listPath(simulator), { parameters })).status).toBe(200);
    for (const parameters of bad) {
      const { json } = await ask<ShownError>(simulator, listPath(simulator), { parameters });
      expect(json.error).toMatchObject({ code: 100, type: 'GraphMethodException' });
    }
  });

  it('is demanded when the app requires it', async () => {
    await using simulator = await startSmall({ requireProof: true });
    expect((await errorOf(simulator, listPath(simulator))).message).toContain('appsecret_proof');
    const parameters = { appsecret_proof: sign(simulator, firstPage(simulator).token) };
    const { status, text } = await ask(simulator, listPath(simulator), { parameters });
    expect(status).toBe(200);
    expect(text).not.toContain(parameters.appsecret_proof);
  });
});

describe('permissions', () => {
  it('are needed for each kind of read, per Page', async () => {
    await using simulator = await startSmall({ pages: 2, instagramConversations: 1 });
    const [first, second] = simulator.world.pages.map((page) => page);
    const { tokens } = simulator.world;
    tokens.revoke('pages_messaging', first);
    const denied = await ask<ShownError>(simulator, listPath(simulator));
    expect(denied.status).toBe(403);
    expect(denied.json.error.code).toBe(230);
    const other = must(second, 'a second Page');
    expect((await ask(simulator, `${other.id}/conversations`, { token: other.token })).status).toBe(200);
    tokens.grant('pages_messaging', first);
    expect((await ask(simulator, listPath(simulator))).status).toBe(200);
    tokens.revoke('instagram_manage_messages');
    expect((await errorOf(simulator, `${listPath(simulator)}?platform=instagram`)).code).toBe(10);
    tokens.revoke('pages_read_engagement');
    expect((await errorOf(simulator, firstPage(simulator).id)).code).toBe(100);
    tokens.revoke('pages_manage_metadata');
    expect((await errorOf(simulator, `${firstPage(simulator).id}/subscribed_apps`)).code).toBe(200);
    tokens.revoke('pages_show_list');
    expect((await errorOf(simulator, 'me/accounts', tokens.user)).code).toBe(200);
  });

  it('do not help on a Page without the MESSAGING task', async () => {
    await using simulator = await startSmall({ pages: 3, pagesWithoutMessaging: 1 });
    const { json } = await ask<ShownList>(simulator, 'me/accounts', { token: simulator.world.tokens.user });
    const able = json.data.map(({ tasks }) => (tasks as string[]).includes('MESSAGING'));
    expect(able).toEqual([true, true, false]);
    const last = must(simulator.world.pages[2], 'a third Page');
    expect((await errorOf(simulator, `${last.id}/conversations`, last.token)).code).toBe(200);
  });
});

describe('the list of Pages', () => {
  it('comes 25 at a time with tokens, tasks and, on demand, the total', async () => {
    await using simulator = await startSmall({ pages: 30, conversations: 1 });
    const token = simulator.world.tokens.user;
    const first = await ask<ShownList>(simulator, 'me/accounts', { token, parameters: { summary: 1 } });
    expect(first.json.data).toHaveLength(25);
    expect(first.json).toHaveProperty('summary', { total_count: 30 });
    expect(Object.keys(must(first.json.data[0], 'a Page'))).toEqual([
      'access_token',
      'category',
      'category_list',
      'name',
      'id',
      'tasks',
    ]);
    const { after } = must(first.json.paging, 'more Pages').cursors;
    const second = await ask<ShownList>(simulator, 'me/accounts', { token, parameters: { after } });
    expect(second.json.data).toHaveLength(5);
    expect(second.json.paging).not.toHaveProperty('next');
    const shown = [...first.json.data, ...second.json.data].map(({ id }) => id);
    expect(shown).toEqual(simulator.world.pages.map(({ id }) => id));
  });

  it('hands out tokens that work, and Instagram accounts on demand', async () => {
    await using simulator = await startSmall({ pages: 2, instagramConversations: 1 });
    const { json } = await ask<ShownList>(simulator, 'me/accounts', {
      token: simulator.world.tokens.user,
      parameters: { fields: 'id,name,access_token,instagram_business_account{id}' },
    });
    const page = must(json.data[1], 'a second Page');
    expect(page['instagram_business_account']).toEqual({ id: simulator.world.pages[1]?.instagram?.id });
    const me = await ask(simulator, 'me', { token: String(page['access_token']) });
    expect(me.json).toEqual({ name: 'Page 2', id: page.id });
    const person = await ask(simulator, 'me', { token: simulator.world.tokens.user });
    expect(person.json.id).toBe(simulator.world.userId);
  });
});

describe('debug_token and the exchange', () => {
  const debug = async (simulator: Simulator, input: string): Promise<Record<string, unknown>> => {
    const { json } = await ask<Shown & { data: Record<string, unknown> }>(simulator, 'debug_token', {
      token: simulator.world.tokens.app,
      parameters: { input_token: input },
    });
    return json.data;
  };

  it('tells what a token is worth', async () => {
    await using simulator = await startSmall();
    const page = firstPage(simulator);
    expect(await debug(simulator, page.token)).toMatchObject({
      app_id: simulator.world.settings.appId,
      type: 'PAGE',
      expires_at: 0,
      is_valid: true,
      profile_id: page.id,
      scopes: expect.arrayContaining(['pages_messaging']),
    });
    const user = await debug(simulator, simulator.world.tokens.user);
    expect(user).toMatchObject({ type: 'USER', is_valid: true });
    expect(user['expires_at']).toBeGreaterThan(Date.now() / 1000 + 59 * 24 * 3600);
  });

  it('puts the death of a token inside data', async () => {
    await using simulator = await startSmall();
    const { token, id } = firstPage(simulator);
    simulator.world.killToken(id, 460);
    expect(await debug(simulator, token)).toMatchObject({ is_valid: false, error: { code: 190, subcode: 460 } });
    expect(await debug(simulator, 'nonsense')).toMatchObject({ is_valid: false, error: { code: 190 } });
  });

  it('exchanges a short-lived token, and never a Page token', async () => {
    await using simulator = await startSmall();
    const { settings, tokens } = simulator.world;
    const exchange = (value: string): ReturnType<typeof ask<Record<string, unknown>>> =>
      ask(simulator, 'oauth/access_token', {
        token: '',
        parameters: {
          grant_type: 'fb_exchange_token',
          client_id: settings.appId,
          client_secret: settings.appSecret,
          fb_exchange_token: value,
        },
      });
    const { json } = await exchange(tokens.shortUser);
    expect(json).toEqual({ access_token: tokens.user, token_type: 'bearer', expires_in: 5_183_944 });
    const page = await exchange(firstPage(simulator).token);
    expect(page.status).toBe(500);
    expect(page.json['error']).toMatchObject({ code: 2, is_transient: true });
  });
});

describe('the webhook subscription of a Page', () => {
  it('is replaced by a POST, listed and deleted', async () => {
    await using simulator = await startSmall();
    const path = `${firstPage(simulator).id}/subscribed_apps`;
    expect((await ask(simulator, path)).json).toEqual({ data: [] });
    for (const subscribed_fields of ['messages,message_echoes', 'messages']) {
      const { json } = await ask(simulator, path, { method: 'POST', parameters: { subscribed_fields } });
      expect(json).toEqual({ success: true });
    }
    const { json } = await ask<ShownList>(simulator, path);
    expect(json.data).toMatchObject([{ id: simulator.world.settings.appId, subscribed_fields: ['messages'] }]);
    expect((await ask(simulator, path, { method: 'DELETE' })).json).toEqual({ success: true });
    expect((await ask(simulator, path)).json).toEqual({ data: [] });
  });
});
