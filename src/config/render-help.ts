/** The settings as they appear below `tidemark --help`: those that have an effect. All of it comes from the option table. */
import { OPTION_LIST } from './options.ts';
import { defaultOf } from './read-settings.ts';

/** One line per setting: the variable, its default, what it means. */
export function renderSettingsHelp(): string {
  const width = Math.max(...OPTION_LIST.map(([, option]) => option.variable.length));
  const lines = OPTION_LIST.filter(([, option]) => !option.reserved).map(([, option]) => {
    const value = defaultOf(option);
    const fallback = value === undefined ? '' : ` (default: ${value})`;
    return `  ${option.variable.padEnd(width)}  ${firstSentence(option.meaning)}${fallback}`;
  });
  return ['Settings (environment, or .env.local or .env in this folder):', ...lines].join('\n');
}

function firstSentence(text: string): string {
  return text
    .replace(/\. .*$/s, '')
    .replace(/\.$/, '')
    .replaceAll('`', '');
}
