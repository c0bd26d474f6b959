/**
 * Reads the settings from the environment, `.env.local` and `.env`. Every wrong one is reported, in one message, so that
 * nobody has to start five times to find five faults; a secret's value is never part of it.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { TidemarkError } from '../core/errors.ts';
import { findClosest } from '../lib/closest.ts';
import { Secret } from '../lib/secret.ts';
import { OPTION_LIST, OPTIONS } from './options.ts';
import type { Option, SettingName, Settings } from './options.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings as a program gives them: durations in milliseconds, secrets as plain text if it likes. */
export type GivenSettings = { readonly [N in SettingName]?: Plain<Settings[N]> | undefined };
type Plain<T> = T extends Secret ? Secret | string : T extends readonly Secret[] ? readonly (Secret | string)[] : T;

export interface ReadOptions {
  /** Folder of the `.env` files, and what a relative `TIDEMARK_DATA_DIR` is relative to. */
  readonly cwd: string;
  /** Defaults, by variable, in place of the table's. */
  readonly defaults?: Environment;
  /** Settings that stand above the environment. */
  readonly given?: GivenSettings;
}

/** In their order: the first one that names a variable is believed. */
const ENV_FILES = ['.env.local', '.env'] as const;

/**
 * The settings of `given`, else of `env`, else of `.env.local` and then `.env` in `cwd`, else the defaults. A variable
 * set to nothing counts as not set, so an empty one in `env` switches off what the files say. Throws INVALID_SETTING.
 */
export function readSettings(env: Environment, { cwd, defaults = {}, given = {} }: ReadOptions): Settings {
  const named = readEnvironment(env, cwd);
  const faults: string[] = [];
  const settings: Record<string, unknown> = {};

  for (const unknown of Object.keys(given).filter((name) => !Object.hasOwn(OPTIONS, name))) {
    faults.push(describeUnknown(unknown, Object.keys(OPTIONS)));
  }
  for (const [name, option] of OPTION_LIST) {
    const own = toText(name, given[name]);
    const text = own ?? (named[option.variable]?.trim() || defaults[option.variable] || defaultOf(option));
    if (text === undefined) {
      settings[name] = undefined;
      continue;
    }
    const parsed = option.kind.parse(text);
    if (parsed !== undefined) settings[name] = parsed;
    else faults.push(describeFault(own === undefined ? option.variable : name, option, text));
  }

  if (faults.length > 0) throw new TidemarkError('INVALID_SETTING', faults.join('\n'));
  settings['dataDir'] = resolve(cwd, settings['dataDir'] as string);
  return settings as unknown as Settings;
}

/** One setting, whatever the others are. Throws INVALID_SETTING. */
export function readSetting<N extends SettingName>(name: N, env: Environment, cwd: string): Settings[N] | undefined {
  const option: Option = OPTIONS[name];
  const text = readEnvironment(env, cwd)[option.variable]?.trim() || defaultOf(option);
  if (text === undefined) return undefined;
  const parsed = option.kind.parse(text);
  if (parsed === undefined) throw new TidemarkError('INVALID_SETTING', describeFault(option.variable, option, text));
  return parsed as Settings[N];
}

/** Whether the environment or a file says something of the variable: one that is set to nothing says nothing. */
export function isSet(variable: string, env: Environment, cwd: string): boolean {
  return (readEnvironment(env, cwd)[variable]?.trim() ?? '') !== '';
}

/** What nobody else's variables begin with. */
const OWN_NAMES = /^(?:TIDEMARK|META|SYNC)_/;

/** A sentence for each variable that is meant for us, by its name, and that nothing reads. */
export function findUnknownVariables(env: Environment, cwd: string): readonly string[] {
  const known = OPTION_LIST.map(([, option]) => option.variable);
  return Object.entries(readEnvironment(env, cwd))
    .filter(([name, value]) => OWN_NAMES.test(name) && value !== '' && !known.includes(name))
    .map(([name]) => describeUnknown(name, known));
}

function describeUnknown(name: string, known: readonly string[]): string {
  const meant = findClosest(name, known);
  return `There is no setting ${name}${meant === undefined ? '.' : `; did you mean ${meant}?`}`;
}

/** The table's default as text; undefined for none. */
export function defaultOf(option: Option): string | undefined {
  return 'value' in option.fallback ? option.fallback.value : undefined;
}

/** A value of a program as it would be written in the environment, so that there is one way to check it. */
function toText(name: SettingName, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map((item) => toText(name, item)).join(',');
  return typeof value === 'number' && name.endsWith('Ms') ? `${value}ms` : String(value);
}

function describeFault(name: string, option: Option, text: string): string {
  const instead = option.secret ? 'the value given is not (it is secret and not shown)' : `not ${JSON.stringify(text)}`;
  return `${name} must be ${option.kind.accepts}; ${instead}.`;
}

function readEnvironment(env: Environment, cwd: string): Environment {
  const files = ENV_FILES.map((file) => readEnvFile(join(cwd, file)));
  return Object.assign({}, ...files.toReversed(), env) as Environment;
}

function readEnvFile(path: string): Environment {
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
