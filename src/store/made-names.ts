/**
 * What migrations make, read out of their SQL by the words that they all begin with: its names must be free, because
 * whatever has them belongs to somebody else.
 */
export interface MadeName {
  readonly version: number;
  readonly kind: 'table' | 'view' | 'index' | 'function' | 'column';
  readonly name: string;
  /** Of a column. */
  readonly table?: string;
}

const MADE = {
  table: /\bCREATE TABLE (?:IF NOT EXISTS )?(\w+)/g,
  view: /\bCREATE (?:OR REPLACE )?VIEW (?:IF NOT EXISTS )?(\w+)/g,
  index: /\bCREATE (?:UNIQUE )?INDEX (?:IF NOT EXISTS )?(?!ON\b)(\w+)/g,
  function: /\bCREATE (?:OR REPLACE )?FUNCTION (\w+)/g,
} as const;
const ALTER_TABLE = /\bALTER TABLE (\w+)([^;]*)/g;
const ADD_COLUMN = /\bADD COLUMN IF NOT EXISTS (\w+)/g;

export function findMadeNames(
  migrations: readonly { readonly version: number; readonly sql: string }[],
): readonly MadeName[] {
  return migrations.flatMap(({ version, sql }) => {
    const code = sql.replaceAll(/--.*$/gm, '');
    const named = Object.entries(MADE).flatMap(([kind, pattern]) =>
      [...code.matchAll(pattern)].map(([, name = '']) => ({ version, kind: kind as keyof typeof MADE, name })),
    );
    const columns = [...code.matchAll(ALTER_TABLE)].flatMap(([, table = '', changes = '']) =>
      [...changes.matchAll(ADD_COLUMN)].map(([, name = '']) => ({ version, kind: 'column' as const, name, table })),
    );
    return [...named, ...columns];
  });
}
