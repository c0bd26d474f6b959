/**
 * Data that no documentation promises and that real accounts contain all the same. Each oddity changes one thing, so
 * that whoever stumbles can tell over what.
 */
import type { Random } from './random.ts';
import type { ConversationOddity, MessageOddity } from './model.ts';

export const CONVERSATION_ODDITIES: readonly ConversationOddity[] = [
  'no-name',
  'no-participants',
  'page-only',
  'no-updated-time',
  'long-id',
];

export const MESSAGE_ODDITIES: readonly MessageOddity[] = [
  'no-from',
  'empty-text',
  'no-text',
  'nul',
  'lone-surrogate',
  'huge-text',
  'long-id',
];

const HUGE_TEXT_LENGTH = 20_000;

export function drawOddity<T>(random: Random, oddities: readonly T[], share: number): T | undefined {
  return random.chance(share) ? random.pick(oddities) : undefined;
}

/** What the oddity makes of a message's text. */
export function oddText(oddity: MessageOddity | undefined, text: string): string | undefined {
  switch (oddity) {
    case undefined:
    case 'no-from':
    case 'long-id':
      return text;
    case 'empty-text':
      return '';
    case 'no-text':
      return undefined;
    case 'nul':
      return `${text}\u0000after the NUL`;
    case 'lone-surrogate':
      return `\uDE00${text}\uD83D`;
    case 'huge-text':
      return `${text} `.repeat(Math.ceil(HUGE_TEXT_LENGTH / (text.length + 1))).slice(0, HUGE_TEXT_LENGTH);
  }
}
