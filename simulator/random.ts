/**
 * Repeatable randomness: the same parts give the same stream on every machine. Everything the simulator makes up
 * comes from here; Math.random and the clock must never decide what the world contains.
 */
import { must } from '../src/lib/must.ts';

export interface Random {
  /** The next number, at least 0 and below 1. */
  next(): number;
  /** The next whole number from `min` to `max`, both included. */
  int(min: number, max: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** `length` characters taken from `alphabet`. */
  text(length: number, alphabet: string): string;
  bytes(length: number): Uint8Array;
  /** A new list with the same items in another order. */
  shuffle<T>(items: readonly T[]): T[];
}

/** One 32-bit word that depends on every bit of both arguments. */
function mix(word: number, value: number): number {
  let mixed = Math.imul(word ^ value, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A 32-bit hash of the parts: cheaper than a stream where one decision is all that is needed. */
export function hash(...parts: readonly (string | number)[]): number {
  let word = 0x9e3779b9;
  for (const part of parts) {
    if (typeof part === 'number') {
      word = mix(mix(word, part | 0), Math.floor(part / 0x1_0000_0000));
      continue;
    }
    for (let at = 0; at < part.length; at += 1) word = mix(word, part.charCodeAt(at));
    word = mix(word, part.length);
  }
  return word;
}

/** A stream of its own for the named purpose, e.g. `createRandom(seed, 'message', page, conversation, ordinal)`. */
export function createRandom(...parts: readonly (string | number)[]): Random {
  const start = hash(...parts);
  // A small fast counting generator: 128 bits of state, of which the counter alone guarantees a long period.
  let a = mix(start, 1);
  let b = mix(start, 2);
  let c = mix(start, 3);
  let counter = 1;

  const word = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 8; round += 1) word();

  const next = (): number => word() / 0x1_0000_0000;
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (items) => must(items[int(0, items.length - 1)], 'a choice needs at least one item'),
    text(length, alphabet) {
      let made = '';
      for (let at = 0; at < length; at += 1) made += alphabet.charAt(int(0, alphabet.length - 1));
      return made;
    },
    bytes(length) {
      const made = new Uint8Array(length);
      for (let at = 0; at < length; at += 4) {
        const bits = word();
        for (let lane = 0; lane < 4 && at + lane < length; lane += 1) made[at + lane] = bits >>> (lane * 8);
      }
      return made;
    },
    shuffle(items) {
      const made = [...items];
      for (let at = made.length - 1; at > 0; at -= 1) {
        const other = int(0, at);
        const held = must(made[at], 'index within the list');
        made[at] = must(made[other], 'index within the list');
        made[other] = held;
      }
      return made;
    },
  };
}
