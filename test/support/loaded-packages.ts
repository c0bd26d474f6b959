/** A preload that writes down which packages a process has loaded, one line each, into the file that LOADED_PACKAGES names. */
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { must } from '../../src/lib/must.ts';

const file = must(process.env['LOADED_PACKAGES'], 'a file to write to');
const PACKAGE = /node_modules\/((?:@[^/]+\/)?[^/]+)/;
const seen = new Set<string>();

registerHooks({
  load(url, context, next) {
    const [, name] = PACKAGE.exec(url) ?? [];
    if (name !== undefined && !seen.has(name)) {
      seen.add(name);
      appendFileSync(file, `${name}\n`);
    }
    return next(url, context);
  },
});
