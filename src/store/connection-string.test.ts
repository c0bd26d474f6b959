/** What a connection string asks for is done or refused. */
import { describe, expect, it } from 'vitest';
import { readConnectionString, withoutTls } from './connection-string.ts';

const AWAY = 'postgresql://me:very-secret@db.example.com:5432/mirror';
const HERE = 'postgresql://me:very-secret@127.0.0.1:5432/mirror';

function read(text: string, fromEnvironment?: string) {
  const { connectionString, ...rest } = readConnectionString(text, fromEnvironment ?? '');
  const { searchParams } = new URL(connectionString);
  return { ...rest, mode: searchParams.get('sslmode'), rootCertificate: searchParams.get('sslrootcert') };
}

function refusalOf(text: string): string {
  try {
    readConnectionString(text, '');
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_SETTING' });
    return String(error);
  }
  throw new Error('nothing was refused');
}

describe('a connection string', () => {
  it('means with sslmode what it means to psql', () => {
    expect(read(AWAY)).toMatchObject({ mode: 'prefer', mayBePlain: true });
    expect(read(AWAY, 'require')).toMatchObject({ mode: 'require', mayBePlain: false });
    expect(read(HERE)).toMatchObject({ mode: 'disable' });
    for (const mode of ['require', 'verify-full', 'disable'])
      expect(read(`${AWAY}?sslmode=${mode}`)).toMatchObject({ mode, mayBePlain: false });
    expect(read(`${AWAY}?sslmode=allow`)).toMatchObject({ mode: 'prefer', mayBePlain: true });
    expect(read(`${AWAY}?sslmode=no-verify`)).toMatchObject({ mode: 'require', mayBePlain: false });
    expect(read(`${AWAY}?sslmode=verify-ca&sslrootcert=/ca.crt`)).toMatchObject({ mode: 'verify-ca' });
    expect(read(`${AWAY}?sslmode=verify-full&sslrootcert=system`)).toMatchObject({ rootCertificate: null });
    expect(read(withoutTls(AWAY))).toMatchObject({ mode: 'disable' });
  });

  it.each([
    ['?schema=crm', /"schema".*search_path/],
    ['?currentSchema=crm', /"currentSchema".*search_path/],
    ['?search_path=crm', /"search_path".*options=/],
    ['?connection_limit=5', /DATABASE_CONNECTIONS/],
    ['?made_up=1&another=2', /"made_up".*"another"/],
    ['?sslmode=strict', /sslmode must be one of/],
    ['?sslmode=verify-ca', /sslrootcert/],
  ])('with %s is refused with the cure, and without the password', (query, sentence) => {
    const message = refusalOf(AWAY + query);
    expect(message).toMatch(sentence);
    expect(message).not.toContain('very-secret');
  });

  it('says which schema it asks for', () => {
    const asked = (options: string) => read(`${AWAY}?options=${encodeURIComponent(options)}`).askedSchema;
    expect(asked('-c search_path=crm')).toBe('crm');
    expect(asked('-csearch_path=CRM,public -c jit=off')).toBe('crm');
    expect(asked('-c jit=off --search_path="Mixed",public')).toBe('Mixed');
    expect(asked(String.raw`-c search_path="two\ words"`)).toBe('two words');
    expect(asked('-c search_path="$user",public')).toBeUndefined();
    expect(asked('-c jit=off')).toBeUndefined();
    expect(read(AWAY).askedSchema).toBeUndefined();
  });
});
