/** The lock file is whole: `npm ci` refuses one that lacks packages, also those that only other machines install. */
import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

interface Lock {
  readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;
}

const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as Lock;

/** Where Node would look for a package from inside of another, innermost first. */
function isListed(name: string, from: string): boolean {
  if (packages[`${from === '' ? '' : `${from}/`}node_modules/${name}`] !== undefined) return true;
  return from !== '' && isListed(name, from.slice(0, Math.max(0, from.lastIndexOf('node_modules/') - 1)));
}

test('lists the packages made for every platform, not only for the one it was written on', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !isListed(name, path)),
  );
  expect(missing, 'Delete package-lock.json and node_modules, then run `npm install`.').toEqual([]);
});
