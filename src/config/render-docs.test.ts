import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../core/error-catalogue.ts';
import { OPTION_LIST } from './options.ts';
import { renderConfigurationDocs, renderErrorsDocs } from './render-docs.ts';
import { renderSettingsHelp } from './render-help.ts';
import { defaultOf } from './read-settings.ts';

const committed = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const ADVICE = 'run `node scripts/generate-docs.ts` and commit what it writes';

describe('the generated documentation', () => {
  it('is up to date with the option table', () => {
    expect(committed('configuration.md'), ADVICE).toBe(renderConfigurationDocs());
  });

  it('is up to date with the error catalogue', () => {
    expect(committed('errors.md'), ADVICE).toBe(renderErrorsDocs());
  });

  it('has a section for every setting and every error', () => {
    for (const [, option] of OPTION_LIST) expect(renderConfigurationDocs()).toContain(`## ${option.variable}`);
    for (const code of Object.keys(ERRORS)) expect(renderErrorsDocs()).toContain(`## ${code}\n`);
  });
});

describe('the option table', () => {
  it('names each variable once and has no default that its own kind refuses', () => {
    const variables = OPTION_LIST.map(([, option]) => option.variable);
    expect(new Set(variables).size).toBe(variables.length);
    for (const [, option] of OPTION_LIST) {
      const value = defaultOf(option);
      if (value !== undefined) expect(option.kind.parse(value), option.variable).toBeDefined();
      if (option.secret) expect(value, option.variable).toBeUndefined();
    }
  });

  it('shows in the help exactly the settings that have an effect', () => {
    const help = renderSettingsHelp(60);
    expect(
      Math.max(
        ...help
          .split('\n')
          .slice(1)
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(60);
    for (const [, option] of OPTION_LIST) {
      expect(new RegExp(`^  ${option.variable} `, 'm').test(help), option.variable).toBe(!option.reserved);
    }
  });
});
