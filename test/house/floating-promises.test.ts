/** The search for promises that are left alone finds them, and nothing else. */
import ts from 'typescript';
import { expect, test } from 'vitest';

import { findFloatingPromises } from '../../scripts/floating-promises.ts';

const STATEMENTS = [
  'await work();',
  'work(); // floats',
  'work().catch(() => {});',
  '[1].map(() => { work(); }); // floats',
  'let later; later = work();',
  'work().then(() => {}); // floats',
  'work().then(() => {}, () => {});',
  'Promise.all([work()]); // floats',
  'void work();',
  'work().finally(() => {}); // floats',
];

test('a promise that nobody awaits, handles or marks is found, wherever it stands', () => {
  const name = 'floating.ts';
  const text = [...STATEMENTS, 'async function work(): Promise<void> {}', 'export {};'].join('\n');
  const options: ts.CompilerOptions = { target: ts.ScriptTarget.ES2024, module: ts.ModuleKind.NodeNext, types: [] };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => file === name || fileExists(file);
  host.getSourceFile = (file, ...rest) =>
    file === name ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2024, true) : getSourceFile(file, ...rest);
  const program = ts.createProgram([name], options, host);
  const found = findFloatingPromises(
    program,
    program.getSourceFiles().filter(({ fileName }) => fileName === name),
  );
  const expected = STATEMENTS.flatMap((statement, index) => (statement.endsWith('// floats') ? [index + 1] : []));
  expect(found.map(({ line }) => line)).toEqual(expected);
});
