/**
 * Where the project is published. `node scripts/repository.js https://github.com/you/tidemark` writes it into
 * package.json, from where the links of the packed README come as well. `--check` fails as long as nobody has done that.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const PLACEHOLDER = 'github.com/OWNER/';
const manifestUrl = new URL('../package.json', import.meta.url);

/** @typedef {{ version: string, homepage: string, bugs: { url: string }, repository: { type: string, url: string } }} Manifest */

/** @returns {Manifest} */
export function readManifest() {
  return JSON.parse(readFileSync(manifestUrl, 'utf8'));
}

/** @param {Manifest} manifest */
export function toWebAddress({ repository }) {
  return repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [, , wish = ''] = process.argv;
  const manifest = readManifest();
  if (wish === '--check') {
    if (toWebAddress(manifest).includes(PLACEHOLDER)) {
      console.error(
        'package.json does not say yet where the project is: npm run repository -- https://github.com/you/tidemark',
      );
      process.exitCode = 1;
    }
  } else if (/^https:\/\/[^/\s]+\/\S+[^/\s]$/.test(wish)) {
    const address = wish.replace(/\.git$/, '');
    const repository = { type: 'git', url: `git+${address}.git` };
    const filled = { ...manifest, homepage: `${address}#readme`, bugs: { url: `${address}/issues` }, repository };
    writeFileSync(manifestUrl, `${JSON.stringify(filled, undefined, 2)}\n`);
  } else {
    console.error('Usage: npm run repository -- https://github.com/you/tidemark');
    process.exitCode = 2;
  }
}
