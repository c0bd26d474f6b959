/** What a server must be like, and what is said to whoever has one that is not. */
import { describe, expect, it } from 'vitest';
import { requireSupportedServer, type ServerFacts, toFacts } from './server-facts.ts';

const GOOD: ServerFacts = {
  version: 170_004,
  versionName: '17.4',
  schemas: ['public'],
  searchPath: '"$user", public',
  encoding: 'UTF8',
  replicationRole: 'origin',
  schemaState: 'usable',
};

const refusal = (changed: Partial<ServerFacts>, askedSchema?: string) => () =>
  requireSupportedServer({ ...GOOD, ...changed }, askedSchema);

describe('the server', () => {
  it('must be PostgreSQL 15 or newer', () => {
    for (const version of [150_000, 150_018, 170_002, 180_000]) expect(refusal({ version })).not.toThrow();
    expect(refusal({ version: 140_019, versionName: '14.19 (Debian 14.19-1)' })).toThrow(
      expect.objectContaining({ code: 'DATABASE_UNSUPPORTED', message: expect.stringContaining('14.19') }),
    );
    expect(refusal({ version: Number.NaN })).toThrow(/15 is the oldest/);
  });

  it.each([
    ['has an encoding that lacks characters', { encoding: 'LATIN1' }, /LATIN1.*CREATE DATABASE … ENCODING 'UTF8'/],
    ['has its triggers turned off', { replicationRole: 'replica' }, /session_replication_role.*ALTER ROLE … RESET/],
    ['has no schema to make anything in', { schemas: [], searchPath: 'nowhere' }, /nowhere.*CREATE SCHEMA/],
  ])('that %s is refused with the way out', (_, changed, sentence) => {
    expect(refusal(changed)).toThrow(
      expect.objectContaining({ code: 'DATABASE_UNSUPPORTED', message: expect.stringMatching(sentence) }),
    );
  });

  it('that leads into another schema than was asked for is refused, and says both', () => {
    expect(refusal({ schemas: ['crm', 'public'] }, 'crm')).not.toThrow();
    expect(refusal({}, 'crm')).toThrow(/asks for the schema "crm".*landed in "public".*ALTER ROLE … SET search_path/);
  });

  it('is asked for the schema of the setting first, and for no other while that is not there', () => {
    const facts = { ...GOOD, schemas: ['public', 'mine'] };
    expect(toFacts(JSON.stringify(facts), 'mine').schemas).toEqual(['mine', 'public']);
    expect(toFacts(JSON.stringify({ ...facts, schemaState: 'missing' }), 'other').schemas).toEqual(['other']);
    expect(refusal({ schemas: ['other'], schemaState: 'closed' })).toThrow(
      /may not use the schema "other".*GRANT USAGE/,
    );
  });

  it('is never asked to look for our names after those of somebody else', () => {
    const facts = { ...GOOD, schemas: ['mine', 'pg_catalog'] };
    expect(toFacts(JSON.stringify(facts)).schemas).toEqual(['mine']);
  });
});
