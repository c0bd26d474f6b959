/** Colour, where a person looks at a terminal that can show it and has not asked for none (NO_COLOR). */
import { styleText } from 'node:util';
import type { OutputStream } from './context.ts';

type Style = Parameters<typeof styleText>[0];

export type Paint = (style: Style, text: string) => string;

export function paintFor(stream: OutputStream): Paint {
  const colourful = stream.isTTY === true && stream.hasColors?.() === true;
  return (style, text) => (colourful ? styleText(style, text, { validateStream: false }) : text);
}
