/** `npm run typecheck`: what the compiler says of the whole tree, and the promises that are left alone in it. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

import { findFloatingPromises } from './floating-promises.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const host: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => ROOT,
  getNewLine: () => '\n',
};

const config = ts.getParsedCommandLineOfConfigFile(
  `${ROOT}tsconfig.json`,
  {},
  {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(ts.formatDiagnostic(diagnostic, host));
    },
  },
);
const program = ts.createProgram(config?.fileNames ?? [], config?.options ?? {});
const ours = program.getSourceFiles().filter((file) => !file.fileName.includes('/node_modules/'));
const diagnostics = [...(config?.errors ?? []), ...ts.getPreEmitDiagnostics(program)];
const floating = findFloatingPromises(program, ours);

if (diagnostics.length > 0) console.log(ts.formatDiagnosticsWithColorAndContext(diagnostics, host));
for (const { file, line } of floating) {
  console.log(
    `${relative(ROOT, file)}:${line} leaves a promise alone: await it, handle its failure, or mark it \`void\`.`,
  );
}
if (ours.length === 0) console.log('There was nothing to check.');
process.exitCode = diagnostics.length + floating.length > 0 || ours.length === 0 ? 1 : 0;
