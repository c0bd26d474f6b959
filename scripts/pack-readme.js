/**
 * The README as it goes into the package: whoever reads it there has no docs/ beside it, so its links lead to the
 * repository, at this version. `--restore` puts the one of the checkout back, which npm asks for after packing; what a
 * killed npm left behind is put back by the next one.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readManifest, toWebAddress } from './repository.js';

const readme = fileURLToPath(new URL('../README.md', import.meta.url));
const kept = fileURLToPath(new URL('../.kept-readme', import.meta.url));

if (existsSync(kept)) renameSync(kept, readme);
if (!process.argv.includes('--restore')) {
  const text = readFileSync(readme, 'utf8');
  writeFileSync(kept, text);
  writeFileSync(readme, withAbsoluteLinks(text));
}

/** @param {string} markdown */
function withAbsoluteLinks(markdown) {
  const manifest = readManifest();
  const address = toWebAddress(manifest);
  return markdown.replaceAll(/(!?)(\[[^\]]*\]\()(?![a-z]+:|#)([^)\s]+)/g, (_, image, text, path) => {
    return `${image}${text}${address}/${image === '' ? 'blob' : 'raw'}/v${manifest.version}/${path}`;
  });
}
