import { describe, expect, it } from 'vitest';
import { findMissing, readMigrations, renderMigrations } from './migrate.ts';

describe('migrations', () => {
  it('are numbered from 1 without a gap, each name once', () => {
    const migrations = readMigrations();
    expect(migrations.map((migration) => migration.version)).toEqual(migrations.map((_, index) => index + 1));
    for (const { version, name } of migrations) expect(name).toMatch(new RegExp(`^0*${version}_[a-z_]+$`));
  });

  it('leave out what was applied, in whatever order', () => {
    const [first, , ...rest] = readMigrations();
    expect(findMissing(readMigrations(), [])).toEqual(readMigrations());
    expect(findMissing(readMigrations(), [2])).toEqual([first, ...rest]);
    expect(findMissing(readMigrations(), [2, 1])).toEqual(rest);
  });

  it('refuse a schema that a newer version has made', () => {
    const newest = Math.max(...readMigrations().map((migration) => migration.version));
    expect(() => findMissing(readMigrations(), [newest + 1])).toThrow(
      expect.objectContaining({
        code: 'SCHEMA_NEWER',
        message: expect.stringMatching(new RegExp(`version ${newest + 1}.*up to ${newest}`)),
      }),
    );
  });

  it('are one transaction when printed, with every one of them entered', () => {
    const sql = renderMigrations();
    expect(sql).toMatch(/^BEGIN;\n/);
    expect(sql).toMatch(/\nCOMMIT;\n$/);
    for (const { version, name } of readMigrations()) expect(sql).toContain(`VALUES (${version}, '${name}')`);
  });
});
