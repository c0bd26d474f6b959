/** The flag that narrows a command down to one channel of each Page. */
import { Option } from 'commander';
import { choice } from '../config/kinds.ts';
import { PLATFORMS } from '../core/model.ts';
import { argument } from './argument.ts';

/** `only`: what is narrowed down. */
export function platformOption(only: string): Option {
  const description = `${only} of this channel of each Page, \`messenger\` or \`instagram\`; without it, of all`;
  return new Option('--platform <platform>', description).argParser(argument(choice(PLATFORMS)));
}
