/**
 * A value that must never be printed. Every way of turning it into text gives `[secret]`; only `reveal()` gives
 * the value, so that each place which lets it out can be found by that name.
 */
import { inspect } from 'node:util';

const HIDDEN = '[secret]';

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The plain value: for the request to its own host and for encryption, nothing else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
