/**
 * Finds regular expressions that a text can make slow. Each is run on long texts made of its own pieces: whatever it
 * looks for, begun again and again and never finished. For tests only.
 */
import ts from 'typescript';

export interface SlowExpression {
  readonly expression: string;
  /** What the text that took too long was made of. */
  readonly text: string;
}

/** Growing, so that an exponential one is found before it takes for ever. */
const LENGTHS = [24, 400, 8000];
/** A linear search of so short a text takes less than a tenth of this, a quadratic one several times as much. */
const MOST_MS = 2;

/** Every literal in a source file. */
export function expressionsIn(source: string): RegExp[] {
  const found: RegExp[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      found.push(new RegExp(node.text.slice(1, end), node.text.slice(end + 1)));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.ES2024, true));
  return found;
}

/** The first text that makes the expression slow; undefined when none does. */
export function findSlowText(expression: RegExp): SlowExpression | undefined {
  const { words, chars } = piecesOf(expression.source);
  const begun = words.map((_, index) => words.slice(0, index + 1).join(''));
  const prefixes = new Set(['', ...words, ...begun]);
  const plain = [...chars, ...words];
  const pairs = words.flatMap((word) => chars.map((char) => word + char));
  for (const prefix of prefixes) {
    for (const unit of prefix === '' ? [...plain, ...pairs] : plain) {
      const texts = LENGTHS.map((length) => `${prefix}${unit.repeat(length / unit.length)}\u0001`);
      if (texts.some((text) => isSlow(expression, text))) {
        return { expression: String(expression), text: `${JSON.stringify(prefix)} and many ${JSON.stringify(unit)}` };
      }
    }
  }
  return undefined;
}

/** The best of several: a busy machine makes anything slow now and then. */
function isSlow(expression: RegExp, text: string): boolean {
  const all = new RegExp(expression.source, `${expression.flags.replaceAll(/[gy]/g, '')}g`);
  for (let tries = 0; tries < 6; tries += 1) {
    const startedAt = performance.now();
    text.replaceAll(all, '');
    if (performance.now() - startedAt <= MOST_MS) return false;
  }
  return true;
}

const SAMPLES: Readonly<Record<string, string>> = {
  s: ' ',
  d: '1',
  w: 'a',
  n: '\n',
  r: '\r',
  t: '\t',
  0: '\0',
  S: 'x',
  W: '-',
};
const GENERIC = [...' \n1aZ&=?/%"\'\\<(:.,;-_@#{['];

/** What the expression is written of: runs of plain characters, and a character of each class. */
function piecesOf(source: string): { readonly words: readonly string[]; readonly chars: readonly string[] } {
  const words: string[] = [];
  const chars = new Set(GENERIC);
  let word = '';
  const endWord = (): void => {
    if (word !== '') words.push(word);
    word = '';
  };
  for (const [piece, escaped] of source.matchAll(
    /\\(?:u\{?[\da-fA-F]+\}?|x[\da-fA-F]{2}|p\{\w+\}|(.))|\{[\d,]*\}|[^\\]/gu,
  )) {
    const char = escaped === undefined ? piece : (SAMPLES[escaped] ?? escaped);
    if (piece.length === 1 && '?*+^$'.includes(piece)) continue;
    if (/^\{[\d,]*\}$/.test(piece)) continue;
    if (piece.length === 1 && '()[]|.'.includes(piece)) endWord();
    else if (char.length === 1 && piece !== String.raw`\b`) {
      word += char;
      chars.add(char);
    }
  }
  endWord();
  return { words, chars: [...chars] };
}
