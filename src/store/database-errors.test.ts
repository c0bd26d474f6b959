import { describe, expect, it } from 'vitest';
import { isTidemarkError } from '../core/errors.ts';
import { toDatabaseError } from './database-errors.ts';

const failure = (fields: Record<string, unknown>, message = 'as the server puts it') =>
  Object.assign(new Error(message), fields);

describe('a failure of the database', () => {
  it.each([
    ['a lost connection', { code: '08006' }],
    ['too many connections', { code: '53300' }],
    ['a full disk', { code: '53100' }],
    ['a server shutting down', { code: '57P01' }],
    ['a server starting up', { code: '57P03' }],
    ['nothing that listens', { code: 'ECONNREFUSED' }],
    ['a name that no server has', { code: 'ENOTFOUND' }],
    ['a refusal by a pooler', { code: 'XX000', severity: 'FATAL' }],
    ['a deadlock', { code: '40P01' }],
    ['a statement timeout', { code: '57014' }],
  ])('that may pass (%s) is DATABASE_UNAVAILABLE with a time to try again', (_, fields) => {
    const error = toDatabaseError(failure(fields));
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryAfterMs: 5000 });
    expect(error).toHaveProperty('message', expect.stringContaining('as the server puts it'));
  });

  it.each([
    ['a wrong password', { code: '28P01', severity: 'FATAL' }],
    ['a database that is not there', { code: '3D000', severity: 'FATAL' }],
    ['a missing privilege', { code: '42501' }],
    ['a certificate that nobody vouches for', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }],
    ['a certificate of an unknown authority', { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }],
    ['a certificate of another host', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }],
  ])('that stays until somebody acts (%s) is DATABASE_UNAVAILABLE without such a time', (_, fields) => {
    expect(toDatabaseError(failure(fields))).toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryAfterMs: undefined });
  });

  it('that is a missing password is told in words', () => {
    // Not tried on a server: the driver leaves the connection open there, half made, until the server loses patience.
    const error = toDatabaseError(failure({}, 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'));
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', message: expect.stringContaining('wants a password') });
  });

  it('that is a setting which a pooler does not take is told in words, and not tried again', () => {
    const refused = failure({ code: '08P01', severity: 'FATAL' }, 'unsupported startup parameter: options');
    expect(toDatabaseError(refused)).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringMatching(/pooler.*ALTER ROLE.*options/),
      retryAfterMs: undefined,
    });
  });

  it('that says nothing but a code is told by its code', () => {
    expect(toDatabaseError(failure({ code: 'ECONNREFUSED' }, ''))).toHaveProperty(
      'message',
      'The database cannot be reached: ECONNREFUSED.',
    );
  });

  it('of the schema is SCHEMA_MISSING, of a character INVALID_INPUT', () => {
    expect(toDatabaseError(failure({ code: '42P01' }))).toMatchObject({ code: 'SCHEMA_MISSING' });
    expect(toDatabaseError(failure({ code: '42703' }))).toMatchObject({ code: 'SCHEMA_MISSING' });
    expect(toDatabaseError(failure({ code: '22021' }))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('that is a row of a removed Page is PAGE_NOT_FOUND; of any other row that is missing, DATA_REFUSED', () => {
    const missing = (constraint: string) => failure({ code: '23503', constraint });
    expect(toDatabaseError(missing('facebook_messages_page_id_fkey'))).toMatchObject({ code: 'PAGE_NOT_FOUND' });
    expect(toDatabaseError(missing('something_else_fkey'))).toMatchObject({ code: 'DATA_REFUSED' });
  });

  it('that comes from a constraint or a routine of the owner is DATA_REFUSED, unless it may pass by itself', () => {
    const where = 'PL/pgSQL function check_phone() line 3 at RAISE';
    for (const code of ['P0001', '22003', '42P01', '42501', 'XY001']) {
      expect(toDatabaseError(failure({ code, where }))).toMatchObject({
        code: 'DATA_REFUSED',
        message: `The database refuses a row (${where}): as the server puts it.`,
      });
    }
    for (const code of ['40P01', '57014', '53100']) {
      expect(toDatabaseError(failure({ code, where }))).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    }
    const check = failure({ code: '23514', table: 'facebook_messages', constraint: 'short_texts' });
    expect(toDatabaseError(check)).toHaveProperty(
      'message',
      'The database refuses a row (constraint "short_texts", table "facebook_messages"): as the server puts it.',
    );
  });

  it('never quotes the values of a statement', () => {
    const where = `unnamed portal parameter $5 = 'PL/pgSQL function secret() ${'('.repeat(100_000)}'`;
    const error = toDatabaseError(failure({ code: '22P02', where }));
    expect(error).toHaveProperty('message', 'The database refuses a row: as the server puts it.');
  });

  it('that is a fault of ours stays what it is', () => {
    for (const error of [failure({ code: '42601', severity: 'ERROR' }), new TypeError('x'), 'a string', undefined]) {
      expect(toDatabaseError(error)).toBe(error);
      expect(isTidemarkError(toDatabaseError(error))).toBe(false);
    }
  });
});
