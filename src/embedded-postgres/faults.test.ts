import { expect, test } from 'vitest';
import { explainOutput, toEmbeddedFault } from './faults.ts';

test('what PostgreSQL says is put into a sentence with an advice', () => {
  const full = ['FATAL:  could not write to file "pg_wal/xlogtemp.7": No space left on device'];
  expect(explainOutput(full, '/d')).toMatch(/disk that holds \/d is full.*TIDEMARK_DATA_DIR/);
  expect(explainOutput(['x', 'FATAL: could not open "base/1": Permission denied'], '/d')).toMatch(
    /may not use \/d.*base\/1/,
  );
  expect(explainOutput(['initdb: error: cannot be run as root'], '/d')).toMatch(/ordinary user/);
  expect(explainOutput(['FATAL: something new'], '/d')).toBeUndefined();
});

test.each([
  ['ENOSPC', /full/],
  ['EACCES', /may not use \/d\/password.*EACCES/],
  ['EROFS', /may not use/],
  ['EWHATEVER', /in \/d failed: odd/],
])('the file system refusing with %s becomes EMBEDDED_POSTGRES', (code, message) => {
  const fault = toEmbeddedFault(Object.assign(new Error('odd'), { code, path: '/d/password' }), '/d');
  expect(fault.code).toBe('EMBEDDED_POSTGRES');
  expect(fault.message).toMatch(message);
});
