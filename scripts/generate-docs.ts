/** Writes the generated pages of docs/. Run it after changing a setting or the error catalogue: `node scripts/generate-docs.ts`. */
import { writeFileSync } from 'node:fs';
import { renderConfigurationDocs, renderErrorsDocs } from '../src/config/render-docs.ts';

const DOCS = new URL('../docs/', import.meta.url);

writeFileSync(new URL('configuration.md', DOCS), renderConfigurationDocs());
writeFileSync(new URL('errors.md', DOCS), renderErrorsDocs());
