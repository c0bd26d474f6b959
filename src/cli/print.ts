/**
 * The one border where text goes out: lines for a person, or the one JSON document that a program asked for. Names and
 * texts are strangers'; nothing of them may steer the terminal, so no command writes to a stream itself.
 */
import { toVisible, toVisibleJson, toVisibleLines } from '../lib/visible.ts';
import type { CliContext, OutputStream } from './context.ts';

type Stdout = Pick<CliContext, 'stdout'>;

export function printLines({ stdout }: Stdout, lines: readonly string[]): void {
  for (const line of lines) printLine(stdout, line);
}

/** `paint` colours it, where it may be. */
export function printLine(
  stream: OutputStream,
  line: string,
  paint: (line: string) => string = (plain) => plain,
): void {
  stream.write(`${paint(toVisible(line))}\n`);
}

/** A text of several lines, such as a help or a stack. */
export function printText(stream: OutputStream, text: string): void {
  stream.write(toVisibleLines(text));
}

export function printJson({ stdout }: Stdout, document: unknown): void {
  stdout.write(`${toVisibleJson(JSON.stringify(document, undefined, 2))}\n`);
}
