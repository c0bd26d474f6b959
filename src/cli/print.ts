/** The two things that go to stdout: lines for a person, or the one JSON document that a program asked for. */
import type { CliContext } from './context.ts';

type Stdout = Pick<CliContext, 'stdout'>;

export function printLines({ stdout }: Stdout, lines: readonly string[]): void {
  for (const line of lines) stdout.write(`${line}\n`);
}

export function printJson({ stdout }: Stdout, document: unknown): void {
  stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
}
