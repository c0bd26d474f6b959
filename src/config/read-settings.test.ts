import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TidemarkError } from '../core/errors.ts';
import { Secret } from '../lib/secret.ts';
import { OPTION_LIST } from './options.ts';
import { findUnknownVariables, readSettings } from './read-settings.ts';
import { refuseReserved } from './reserved.ts';
import type { Environment } from './read-settings.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tidemark-settings-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

function refusal(env: Environment): TidemarkError {
  try {
    readSettings(env, { cwd });
  } catch (error) {
    if (error instanceof TidemarkError) return error;
    throw error;
  }
  throw new Error(`accepted: ${inspect(env)}`);
}

describe('readSettings', () => {
  it('gives the documented defaults when nothing is set', () => {
    expect(readSettings({}, { cwd })).toEqual({
      databaseUrl: undefined,
      databaseConnections: 7,
      dataDir: join(cwd, '.tidemark'),
      host: '127.0.0.1',
      port: 4680,
      graphApiUrl: 'https://graph.facebook.com',
      graphApiVersion: 'v25.0',
      appId: undefined,
      appSecret: undefined,
      webhookVerifyToken: undefined,
      encryptionKey: undefined,
      apiKeys: undefined,
      supabaseUrl: undefined,
      supabaseJwtSecret: undefined,
      syncIntervalMs: 300_000,
      verifyIntervalMs: 86_400_000,
      pageConcurrency: 50,
      callsPerSecond: 2,
      messagesPerConversation: 'all',
      sinceParameter: 'send',
      logLevel: 'info',
      logFormat: undefined,
    });
  });

  it('reads every setting of the table from its example', () => {
    const env = Object.fromEntries(OPTION_LIST.map(([, option]) => [option.variable, option.example]));
    const settings = readSettings({ ...env, TIDEMARK_ENCRYPTION_KEY: KEY }, { cwd });
    for (const [name, option] of OPTION_LIST) expect(settings[name], option.variable).toBeDefined();
    expect(settings).toMatchObject({ port: 8080, syncIntervalMs: 30_000, verifyIntervalMs: 604_800_000, host: '::1' });
    expect(settings.callsPerSecond).toBe(1.5);
    expect(settings.messagesPerConversation).toBe(100);
    expect(settings.apiKeys?.map((key) => key.reveal())).toEqual(['first-key', 'second-key']);
  });

  it('hands secrets over wrapped, so that printing the settings shows none', () => {
    const settings = readSettings(
      { META_APP_SECRET: 'hunter2', TIDEMARK_ENCRYPTION_KEY: KEY, TIDEMARK_API_KEYS: 'correct-horse' },
      { cwd },
    );
    expect(settings.appSecret).toBeInstanceOf(Secret);
    expect(settings.appSecret?.reveal()).toBe('hunter2');
    expect(inspect(settings)).not.toMatch(/hunter2|correct-horse/);
    expect(inspect(settings)).not.toContain(KEY);
  });

  it('lets the real environment win over .env, and an empty variable switch it off', () => {
    writeFileSync(join(cwd, '.env'), 'PORT=5000\nSYNC_INTERVAL="1h"\nDATABASE_URL=postgres://file/db\n# LOG_LEVEL=x\n');
    const settings = readSettings({ PORT: '6000', DATABASE_URL: '' }, { cwd });
    expect(settings).toMatchObject({ port: 6000, syncIntervalMs: 3_600_000, databaseUrl: undefined, logLevel: 'info' });
  });

  it('ranks the defaults of a command below .env and above the table', () => {
    const defaults = { LOG_LEVEL: 'warn', PORT: '1' };
    writeFileSync(join(cwd, '.env'), 'PORT=5000');
    expect(readSettings({}, { cwd, defaults })).toMatchObject({ port: 5000, logLevel: 'warn' });
  });

  it('says so when .env is there but cannot be read', () => {
    mkdirSync(join(cwd, '.env'));
    expect(refusal({})).toMatchObject({
      code: 'INVALID_SETTING',
      message: expect.stringContaining('.env cannot be read'),
    });
  });

  it('names every wrong variable and what it accepts in one message', () => {
    const { code, message } = refusal({ PORT: '70000', SYNC_INTERVAL: 'often', LOG_FORMAT: 'xml' });
    expect(code).toBe('INVALID_SETTING');
    expect(message.split('\n')).toEqual([
      'PORT must be a whole number from 0 to 65535; not "70000".',
      'SYNC_INTERVAL must be `off` or a whole number with a unit (ms, s, m, h, d) from 1s to 24d; not "often".',
      'LOG_FORMAT must be `text` or `json`; not "xml".',
    ]);
  });

  it('sends tokens in clear to nobody but this computer', () => {
    for (const url of ['http://127.0.0.1:4681', 'http://[::1]:4681', 'http://localhost:1', 'https://graph.example.com'])
      expect(readSettings({ GRAPH_API_URL: url }, { cwd }).graphApiUrl).toBe(url);
    for (const url of ['http://graph.facebook.com', 'http://10.0.0.7:4681', 'http://localhost.example.com'])
      expect(refusal({ GRAPH_API_URL: url }).message).toMatch(/GRAPH_API_URL must be an https address.*in clear/);
  });

  it('never repeats the value of a secret variable', () => {
    const env = {
      DATABASE_URL: 'mysql://me:hunter2@db',
      TIDEMARK_ENCRYPTION_KEY: 'hunter2',
      TIDEMARK_API_KEYS: 'hunter2,,hunter2',
    };
    const error = refusal(env);
    for (const variable of Object.keys(env)) expect(error.message).toContain(`${variable} must be`);
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
  });

  it.each([
    ['PORT', ['-1', '1.5', '0x10', '1e3', '65536', 'http']],
    ['HOST', ['http://localhost', 'a b']],
    ['DATABASE_URL', ['localhost', 'mysql://h/db', 'postgres://']],
    ['GRAPH_API_URL', ['graph.facebook.com', 'ftp://x', 'https://x?y=1', 'https://me:pw@x']],
    ['GRAPH_API_VERSION', ['25', 'v25', 'latest']],
    ['META_APP_ID', ['my-app']],
    ['TIDEMARK_API_KEYS', ['a,,b', ',', 'a b']],
    ['SUPABASE_URL', ['example.supabase.co']],
    ['SYNC_INTERVAL', ['999ms', '0s', '5', '5 m', '1.5h', '25d', 'OFF']],
    ['VERIFY_INTERVAL', ['daily']],
    ['SYNC_PAGE_CONCURRENCY', ['0', '1001', 'all']],
    ['GRAPH_CALLS_PER_SECOND', ['0', '-2', '2,5', 'Infinity']],
    ['MESSAGES_PER_CONVERSATION', ['0', 'ALL', '-1']],
    ['SINCE_PARAMETER', ['on', 'true']],
    ['LOG_LEVEL', ['verbose']],
    ['LOG_FORMAT', ['pretty']],
  ])('refuses what %s does not mean', (variable, values) => {
    for (const value of values) {
      expect(refusal({ [variable]: value }).message, value).toMatch(new RegExp(`^${variable} must be .*\\.$`));
    }
  });

  it.each([
    ['31 bytes', Buffer.alloc(31).toString('base64')],
    ['33 bytes', Buffer.alloc(33).toString('base64')],
    ['32 letters that are not base64 of 32 bytes', 'a'.repeat(32)],
    ['characters outside base64', `${KEY.slice(0, 20)}*${KEY.slice(20)}`],
  ])('refuses an encryption key of %s', (_, key) => {
    expect(refusal({ TIDEMARK_ENCRYPTION_KEY: key }).message).toContain('exactly 32 bytes in base64');
  });

  it('takes several encryption keys, the newest first, and names none of them when one is wrong', () => {
    const older = Buffer.alloc(32, 8).toString('base64');
    const read = (keys: string) => readSettings({ TIDEMARK_ENCRYPTION_KEY: keys }, { cwd }).encryptionKey?.reveal();
    expect(read(`${KEY}, ${older}`)).toBe(`${KEY},${older}`);
    for (const wrong of [`${KEY},`, `${KEY},${older.slice(4)}`, `${KEY} ${older}`, ',']) {
      const { message } = refusal({ TIDEMARK_ENCRYPTION_KEY: wrong });
      expect(message).toContain('several are separated by commas');
      expect(message).not.toContain(KEY);
    }
  });

  it('accepts an encryption key with and without padding', () => {
    for (const key of [KEY, KEY.replace('=', '')]) {
      expect(readSettings({ TIDEMARK_ENCRYPTION_KEY: key }, { cwd }).encryptionKey?.reveal()).toBe(key);
    }
  });
});

describe('.env.local', () => {
  it('stands above .env and below the environment', () => {
    writeFileSync(join(cwd, '.env'), 'PORT=1\nLOG_LEVEL=warn\nHOST=::1\n');
    writeFileSync(join(cwd, '.env.local'), 'PORT=2\nLOG_LEVEL=error\n');
    expect(readSettings({ PORT: '3' }, { cwd })).toMatchObject({ port: 3, logLevel: 'error', host: '::1' });
  });
});

describe('what a program gives', () => {
  it('stands above the environment, and is checked like it', () => {
    const given = {
      callsPerSecond: 1,
      syncIntervalMs: 60_000,
      encryptionKey: KEY,
      messagesPerConversation: 'all',
    } as const;
    const settings = readSettings({ GRAPH_CALLS_PER_SECOND: '9', SYNC_INTERVAL: 'off' }, { cwd, given });
    expect(settings).toMatchObject({ callsPerSecond: 1, syncIntervalMs: 60_000, messagesPerConversation: 'all' });
    expect(settings.encryptionKey?.reveal()).toBe(KEY);
    const secret = readSettings({}, { cwd, given: { encryptionKey: new Secret(KEY) } });
    expect(secret.encryptionKey?.reveal()).toBe(KEY);
  });

  it('that is wrong is named as the program names it, secrets unseen', () => {
    const given = { databaseUrl: 'mysql://x', encryptionKey: 'T0p', callsPerSecond: 0, dataDirectory: '/x' };
    try {
      readSettings({}, { cwd, given });
      expect.unreachable();
    } catch (error) {
      const { message } = error as TidemarkError;
      expect(message).toMatch(/^databaseUrl must be/m);
      expect(message).toMatch(/^encryptionKey must be/m);
      expect(message).toMatch(/^callsPerSecond must be/m);
      expect(message).toContain('There is no setting dataDirectory');
      expect(message).not.toContain('T0p');
    }
  });
});

describe('variables that nothing reads', () => {
  it('are told, with what was meant, when their name is ours', () => {
    writeFileSync(join(cwd, '.env'), 'TIDEMARK_DATADIR=/x\nMY_OWN=1\n');
    expect(findUnknownVariables({ SYNC_INTERVALL: '1m', META_COLOUR: 'blue', PATHX: '1' }, cwd)).toEqual([
      'There is no setting TIDEMARK_DATADIR; did you mean TIDEMARK_DATA_DIR?',
      'There is no setting SYNC_INTERVALL; did you mean SYNC_INTERVAL?',
      'There is no setting META_COLOUR.',
    ]);
  });

  it('are none when all is spelt right', () => {
    const env = Object.fromEntries(OPTION_LIST.map(([, option]) => [option.variable, option.example]));
    expect(findUnknownVariables(env, cwd)).toEqual([]);
  });
});

describe('settings that nothing uses', () => {
  it.each(['TIDEMARK_API_KEYS', 'SUPABASE_URL', 'SUPABASE_JWT_SECRET'])('%s keeps the server from starting', (name) => {
    const settings = readSettings({ [name]: name === 'SUPABASE_URL' ? 'https://a.supabase.co' : 'k1' }, { cwd });
    expect(() => refuseReserved(settings)).toThrow(name);
  });

  it('are told otherwise, and every other setting has an effect', () => {
    const settings = readSettings({ META_WEBHOOK_VERIFY_TOKEN: 'word', META_APP_ID: '1' }, { cwd });
    expect(() => refuseReserved(settings)).not.toThrow();
    expect(() => refuseReserved(readSettings({}, { cwd }))).not.toThrow();
  });
});
