/** Whoever can make Facebook send a long text must not be able to hold up the process with it. */
import { describe, expect, test } from 'vitest';
import { toVisible, toVisibleJson, toVisibleLines } from '../../src/lib/visible.ts';
import { parseConversation } from '../../src/graph/conversations.ts';
import { classifyGraphError } from '../../src/graph/error-codes.ts';
import { flattenJson } from '../../src/graph/flatten-json.ts';
import { interpret } from '../../src/graph/interpret.ts';
import { parseJson } from '../../src/graph/json.ts';
import { parseMessage } from '../../src/graph/messages.ts';
import { toCursorParams, toNextCursor } from '../../src/graph/paging.ts';
import { createRedactor } from '../../src/graph/redact.ts';
import { toSelf } from '../../src/graph/self.ts';
import { toCount, toInstant } from '../../src/graph/shapes.ts';
import { readUsage } from '../../src/graph/usage.ts';
import { toDatabaseError } from '../../src/store/database-errors.ts';
import { toRaw } from '../../src/store/batch-input.ts';
import { toStorableJson, toStorableText } from '../../src/store/text.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { scrub } from '../../src/telemetry/scrub.ts';
import { renderTable } from '../../src/cli/table.ts';

const LENGTHS = [20_000, 200_000];
const MOST_MS = 400;

const UNITS = [
  ' ',
  '\t',
  '\n',
  '\0',
  '\ud800',
  '\u001b',
  '\u202e',
  '1',
  'a',
  'E',
  'Z',
  '&',
  '=',
  '?',
  '/',
  '%',
  '"',
  "'",
  '\\',
  '<',
  '(',
  '[',
  '{',
  ':',
  ';',
  '.',
  ',',
  '-',
  '_',
  '@',
  '#',
  '|',
  '+',
  '界',
  'a@',
  '%25',
  '%2',
  '&amp;',
  '&#',

  '?x=',
  'https://',
  'https://a?',
  'https://a#',
  'https://a/?oe',
  'http://a?b ',
  'oe=',
  'EAA',
  '1|',
  '"next":',
  '"next":"https:',

  'access_token',
  'access_token=',
  'access_token" ',
  'appsecret_proof%25',
  '://a:',
  '://a:b',
  'Bearer ',
  'requires ',
  "requires 'a",
  '\\u00',
  '\\u0041',
];
const STARTS = ['', 'oe=1 https://a/?', '"next":"https://a?access_token', 'requires ', ':'];

const SECRETS = ['EAAinventedToken0123456789', '0123456789abcdef0123456789abcdef', '1234567|aB-c_d'];
const self = toSelf({ facebookPageId: '1', instagramAccountId: undefined, platform: 'messenger' });
const lines: string[] = [];
const log = createLog({ logLevel: 'info', logFormat: 'text' }, { write: (line) => lines.push(line) });
const answer = (text: string) => ({ status: 200, headers: {}, text });
const attempt = (work: () => unknown) => {
  try {
    work();
  } catch {
    // What it makes of the text is not the question here.
  }
};

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'the fingerprint': (text) => toRaw({ id: '1', message: text, [text]: `${text}?oe=1` }),
  'text for PostgreSQL': (text) => [toStorableText(text), toStorableJson({ text, [text]: [text] })],
  'the id of a message': (text) => attempt(() => parseMessage({ id: text }, self)),
  'a message': (text) =>
    parseMessage({ id: '1', message: text, created_time: text, from: { id: text, name: text } }, self),
  'a conversation': (text) =>
    parseConversation(
      { id: '1', updated_time: text, message_count: text, participants: { data: [{ id: text, name: text }] } },
      { self, isNested: true, onProblem: () => {} },
    ),
  'times and counts': (text) => [toInstant(text), toInstant(`2026-01-01T00:00:00${text}`), toCount(text)],
  'a link': (text) => toNextCursor({ next: `https://a/?${text}&after=${text}` }),
  'a cursor': (text) => toCursorParams(`?${text}`),
  JSON: (text) => attempt(() => parseJson(flattenJson(text))),
  'JSON with the text in it': (text) => parseJson(JSON.stringify({ a: [text, 1] })),
  'an answer': (text) => attempt(() => interpret(answer(text), { subject: 'x' })),
  'a refusal': (text) =>
    classifyGraphError({
      status: 400,
      body: { error: { message: text, code: 100, type: text, fbtrace_id: text } },
      subject: 'x',
    }),
  'usage headers': (text) =>
    readUsage({ 'x-app-usage': text, 'x-page-usage': `{"call_count":${text}`, 'x-business-use-case-usage': text }),
  'secrets in a text': (text) => createRedactor(SECRETS).text(text),
  'secrets in an answer': (text) => createRedactor(SECRETS).answer(text),
  'secrets beside a needless escape': (text) => createRedactor(SECRETS).answer(`${text}%41`),
  'an error of the database': (text) => toDatabaseError(new Error(text)),
  'a line of the log': (text) => log.warn({ text }, text),
  'credentials in a line': (text) => scrub(text),
  'text for people': (text) => [toVisible(text), toVisibleLines(text), toVisibleJson(JSON.stringify(text))],
  'a table': (text) => renderTable([{ title: 'a' }], [[text]]),
};

describe('a long text is read in a time that grows with its length alone', () => {
  test.each(Object.entries(READERS))('%s', { timeout: 120_000 }, (_name, read) => {
    const slow: string[] = [];
    for (const start of STARTS) {
      for (const unit of UNITS) {
        // A short one comes first, because a slow long one takes minutes; mostly it is enough to tell.
        const isPlain = start === '' && unit.length === 1;
        for (const length of isPlain ? LENGTHS : LENGTHS.slice(0, 1)) {
          const text = `${start}${unit.repeat(length / unit.length)}`;
          if (isLinear(read, text)) continue;
          slow.push(JSON.stringify([start, unit, length]));
          break;
        }
      }
      lines.length = 0;
    }
    expect(slow).toEqual([]);
  });
});

/** Quick enough, or, where a busy machine makes everything slow, not much slower than a quarter of it should be. */
function isLinear(read: (text: string) => unknown, text: string): boolean {
  const ms = bestMs(() => read(text));
  return ms <= MOST_MS || ms <= 8 * bestMs(() => read(text.slice(0, text.length / 4)), 0);
}

/** Of this thread alone. Measured again when it was much. */
function bestMs(work: () => unknown, enoughMs = MOST_MS): number {
  let best = Infinity;
  for (let tries = 0; tries < 3 && best > enoughMs; tries += 1) {
    const before = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}
