/**
 * Reads the settings from the environment and a `.env` file. Every wrong one is reported, in one message, so that
 * nobody has to start five times to find five faults; a secret's value is never part of it.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { TidemarkError } from '../core/errors.ts';
import { OPTION_LIST } from './options.ts';
import type { Option, Settings } from './options.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ReadOptions {
  /** Folder of the `.env` file, and what a relative `TIDEMARK_DATA_DIR` is relative to. */
  readonly cwd: string;
  /** Defaults, by variable, in place of the table's. */
  readonly defaults?: Environment;
}

/**
 * The settings of `env`, else of `.env` in `cwd`, else the defaults. A variable set to nothing counts as not set,
 * so an empty one in `env` switches off what `.env` says. Throws INVALID_SETTING.
 */
export function readSettings(env: Environment, { cwd, defaults = {} }: ReadOptions): Settings {
  const given: Environment = { ...readEnvFile(cwd), ...env };
  const faults: string[] = [];
  const settings: Record<string, unknown> = {};

  for (const [name, option] of OPTION_LIST) {
    const text = given[option.variable]?.trim() || defaults[option.variable] || defaultOf(option);
    if (text === undefined) {
      settings[name] = undefined;
      continue;
    }
    const parsed = option.kind.schema.safeParse(text);
    if (parsed.success) settings[name] = parsed.data;
    else faults.push(describeFault(option, text));
  }

  if (faults.length > 0) throw new TidemarkError('INVALID_SETTING', faults.join('\n'));
  settings['dataDir'] = resolve(cwd, settings['dataDir'] as string);
  return settings as unknown as Settings;
}

/** The table's default as text; undefined for none. */
export function defaultOf(option: Option): string | undefined {
  return 'value' in option.fallback ? option.fallback.value : undefined;
}

function describeFault(option: Option, text: string): string {
  const instead = option.secret ? 'the value given is not (it is secret and not shown)' : `not ${JSON.stringify(text)}`;
  return `${option.variable} must be ${option.kind.accepts}; ${instead}.`;
}

function readEnvFile(cwd: string): Environment {
  const path = join(cwd, '.env');
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return {};
    throw new TidemarkError('INVALID_SETTING', `The file ${path} cannot be read (${code ?? String(error)}).`, {
      cause: error,
    });
  }
}
