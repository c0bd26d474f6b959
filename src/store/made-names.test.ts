import { describe, expect, it } from 'vitest';
import { findMadeNames } from './made-names.ts';
import { readMigrations } from './migrate.ts';

const made = findMadeNames(readMigrations());
const namesOf = (kind: string) => made.filter((name) => name.kind === kind).map(({ name }) => name);

describe('what the migrations make', () => {
  it('is found by name', () => {
    expect(namesOf('table')).toEqual(
      expect.arrayContaining(['facebook_pages', 'facebook_conversations', 'facebook_messages', 'facebook_sync_runs']),
    );
    expect(namesOf('index')).toEqual(
      expect.arrayContaining(['idx_facebook_conversations_newest', 'facebook_pages_facebook_page_id_key']),
    );
    expect(namesOf('function')).toEqual(expect.arrayContaining(['tidemark_derive_page', 'tidemark_add_channels']));
    expect(made).toContainEqual({ version: 12, kind: 'column', table: 'facebook_pages', name: 'instagram_checked_at' });
  });

  it('is whatever they create: no other word begins such a statement', () => {
    for (const { sql, name } of readMigrations()) {
      const code = sql.replaceAll(/--.*$/gm, '').replaceAll(/\bCREATE UNIQUE INDEX ON\b/g, '');
      const created = code.match(/\bCREATE (?!OR REPLACE TRIGGER\b)/g)?.length ?? 0;
      const found = findMadeNames([{ version: 1, sql }]).filter(({ kind }) => kind !== 'column');
      expect(found, name).toHaveLength(created);
      const added = code.match(/\bADD COLUMN IF NOT EXISTS\b/g)?.length ?? 0;
      expect(
        findMadeNames([{ version: 1, sql }]).filter(({ kind }) => kind === 'column'),
        name,
      ).toHaveLength(added);
    }
  });

  it('does not take a comment for a statement', () => {
    expect(findMadeNames([{ version: 1, sql: '-- CREATE TABLE IF NOT EXISTS nothing (' }])).toEqual([]);
  });
});
