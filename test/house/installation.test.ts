/** When `npm start` and `npm test` install, and when they leave node_modules alone. */
import { describe, expect, test } from 'vitest';

import { lockFits } from '../../scripts/installation.js';

const root = { '': { version: '0.1.0' } };
const zod = { 'node_modules/zod': { version: '4.6.7', integrity: 'sha512-a' } };
const elsewhere = { 'node_modules/binding-for-another-machine': { version: '1.0.0', optional: true } };

describe('an installation fits the lock file', () => {
  test('when it holds the same packages', () => {
    expect(lockFits({ packages: { ...root, ...zod } }, { packages: zod })).toBe(true);
  });

  test('when it holds more', () => {
    const more = { ...zod, 'node_modules/tried-out': { version: '1.0.0' } };
    expect(lockFits({ packages: { ...root, ...zod } }, { packages: more })).toBe(true);
  });

  test('when it lacks packages made for other machines', () => {
    expect(lockFits({ packages: { ...root, ...zod, ...elsewhere } }, { packages: zod })).toBe(true);
  });
});

describe('an installation does not fit the lock file', () => {
  test('when a package is missing', () => {
    expect(lockFits({ packages: { ...root, ...zod } }, { packages: {} })).toBe(false);
  });

  test('when a package has another version', () => {
    const older = { 'node_modules/zod': { version: '4.6.6', integrity: 'sha512-b' } };
    expect(lockFits({ packages: { ...root, ...zod } }, { packages: older })).toBe(false);
  });

  test('when a package of the same version has other contents', () => {
    const other = { 'node_modules/zod': { version: '4.6.7', integrity: 'sha512-b' } };
    expect(lockFits({ packages: { ...root, ...zod } }, { packages: other })).toBe(false);
  });

  test('when an optional package is there in another version', () => {
    const older = { 'node_modules/binding-for-another-machine': { version: '0.9.0', optional: true } };
    expect(lockFits({ packages: { ...root, ...elsewhere } }, { packages: older })).toBe(false);
  });
});
