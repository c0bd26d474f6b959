/** The settings as they appear below `tidemark --help`: those that have an effect. All of it comes from the option table. */
import { OPTION_LIST } from './options.ts';
import { defaultOf } from './read-settings.ts';

/** The variable, what it means, its default: of each setting, in lines of at most so many columns. */
export function renderSettingsHelp(columns: number): string {
  const width = Math.max(...OPTION_LIST.map(([, option]) => option.variable.length));
  const lines = OPTION_LIST.filter(([, option]) => !option.reserved).map(([, option]) => {
    const value = defaultOf(option);
    const fallback = value === undefined ? '' : ` (default: ${value})`;
    const meaning = wrap(`${firstSentence(option.meaning)}${fallback}`, Math.max(columns - width - 4, 24));
    return `  ${option.variable.padEnd(width)}  ${meaning.join(`\n${' '.repeat(width + 4)}`)}`;
  });
  return ['Settings (environment, or .env.local or .env in this folder):', ...lines].join('\n');
}

function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

function firstSentence(text: string): string {
  return text
    .replace(/\. .*$/s, '')
    .replace(/\.$/, '')
    .replaceAll('`', '');
}
