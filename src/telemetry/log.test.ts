import { describe, expect, it } from 'vitest';
import { Secret } from '../lib/secret.ts';
import { createLog } from './log.ts';
import { scrub } from './scrub.ts';
import type { LogStream } from './log.ts';

function capture(terminal: Partial<LogStream> = {}): LogStream & { readonly lines: string[] } {
  const lines: string[] = [];
  return { ...terminal, lines, write: (line) => lines.push(line) };
}

describe('createLog', () => {
  it('writes JSON when nobody is looking, and text on a terminal', () => {
    const file = capture();
    createLog({ logLevel: 'info', logFormat: undefined }, file).info('hello');
    expect(JSON.parse(file.lines.join(''))).toMatchObject({ level: 30, msg: 'hello' });

    const terminal = capture({ isTTY: true });
    createLog({ logLevel: 'info', logFormat: undefined }, terminal).info('hello');
    expect(terminal.lines.join('')).toMatch(/^\[[\d:.]+\] INFO: hello\n$/);
  });

  it('lets LOG_FORMAT overrule the terminal', () => {
    const terminal = capture({ isTTY: true });
    createLog({ logLevel: 'info', logFormat: 'json' }, terminal).info('hello');
    expect(JSON.parse(terminal.lines.join(''))).toMatchObject({ msg: 'hello' });
  });

  it('uses colours only where the stream wants them', () => {
    const escape = String.fromCharCode(27);
    const plain = capture({ isTTY: true, hasColors: () => false });
    createLog({ logLevel: 'info', logFormat: 'text' }, plain).info('hello');
    expect(plain.lines.join('')).not.toContain(escape);

    const colourful = capture({ isTTY: true, hasColors: () => true });
    createLog({ logLevel: 'info', logFormat: 'text' }, colourful).info('hello');
    expect(colourful.lines.join('')).toContain(escape);
  });

  it('leaves out lines below the level', () => {
    const stream = capture();
    const log = createLog({ logLevel: 'warn', logFormat: 'json' }, stream);
    log.info('no');
    log.warn('yes');
    expect(stream.lines).toHaveLength(1);
  });

  it.each(['text', 'json'] as const)('shows no credential in a %s line, however it got there', (logFormat) => {
    const stream = capture();
    const log = createLog({ logLevel: 'info', logFormat }, stream);
    const cause = new Error('GET https://graph.facebook.com/me?access_token=HUSH1&fields=id');
    log.info({ token: 'HUSH2', page: { accessToken: 'HUSH3' }, request: { headers: { authorization: 'HUSH4' } } }, 'a');
    log.info({ key: new Secret('HUSH5') }, `b ${new Secret('HUSH6')}`);
    log.error({ err: new Error('failed', { cause }) }, 'c postgresql://postgres:HUSH7@db/postgres');
    log.warn('d Authorization: Bearer HUSH8, token EAAHUSH9HUSH9HUSH9HUSH9');
    const text = stream.lines.join('');
    expect(text).toContain('graph.facebook.com/me');
    expect(text).not.toContain('HUSH');
  });
});

describe('scrub', () => {
  it('keeps what is not a credential as it is', () => {
    const text = '{"msg":"page 123456789 at https://graph.facebook.com:443/v25.0/me?limit=25, user@example.com"}';
    expect(scrub(text)).toBe(text);
  });
});
