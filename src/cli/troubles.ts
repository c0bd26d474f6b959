/** What went wrong with which Pages, and what to do: Pages with the same trouble are told of together. */
import { type ErrorCode, type ErrorEntry, ERRORS } from '../core/error-catalogue.ts';
import { toCount } from './words.ts';

export interface Trouble {
  readonly page: string;
  /** What became of it, e.g. `failed`. */
  readonly what: string;
  readonly message: string;
  readonly code: string | undefined;
}

const MOST_NAMES = 10;

export function describeTroubles(troubles: readonly Trouble[]): readonly string[] {
  const alike = Map.groupBy(troubles, toKind);
  return [...alike.values()].flatMap((group) => [...describeGroup(group), ...adviceFor(group[0]?.code)]);
}

function describeGroup(group: readonly Trouble[]): readonly string[] {
  const [first, ...others] = group;
  if (first === undefined) return [];
  const { page, what, message, code } = first;
  const why = `${message}${code === undefined ? '' : ` (${code})`}`;
  if (others.length === 0) return [`${page} ${what}: ${why}`];
  const pages = `${toCount(group.length, 'Page')} ${what.replace(/^is /, 'are ')}`;
  const isOne = others.every((other) => other.message === message);
  return [isOne ? `${pages}: ${why}` : `${pages} alike, the first one: ${why}`, `  ${listNames(group)}`];
}

function listNames(group: readonly Trouble[]): string {
  const names = group.slice(0, MOST_NAMES).map(({ page }) => page);
  const more = group.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What the code asks the reader to do; nothing for a code that says all in its message. */
function adviceFor(code: string | undefined): readonly string[] {
  if (code === undefined || !(code in ERRORS)) return [];
  const { advice }: ErrorEntry = ERRORS[code as ErrorCode];
  return advice === undefined ? [] : [`  → ${advice}`];
}

/** The same for messages that differ in what they are about only: the Page, an id, a trace, a time to wait. */
function toKind({ page, what, message, code }: Trouble): string {
  const words = message.replaceAll(page, 'P').split(' ');
  const plain = words.map((word, index) => (isOfThisOne(word, words[index + 1]) ? '0' : word));
  const traceAt = plain.findIndex((word) => word.endsWith('fbtrace_id'));
  if (traceAt >= 0) plain[traceAt + 1] = '0';
  return [what, code, plain.join(' ')].join('\n');
}

const UNITS = new Set(['ms', 's', 'min', 'h']);
const SHORTEST_ID = 5;

function isOfThisOne(word: string, next: string | undefined): boolean {
  return /\d/.test(word) && (word.length >= SHORTEST_ID || UNITS.has(next?.match(/^\w+/)?.[0] ?? ''));
}
