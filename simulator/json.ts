/** JSON as Facebook writes it: everything beyond ASCII as `\u` escapes, and every slash escaped. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject | Written;

export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

/** What has been put into Facebook's JSON before. It may stand in the two outermost levels of an answer. */
export class Written {
  readonly bytes: Buffer;

  constructor(text: string) {
    this.bytes = Buffer.from(text, 'latin1');
  }

  toJSON(): never {
    throw new Error('What is written already stands too deep in the answer.');
  }
}

/** A text in pieces: what is remembered goes out as it is, for copying half a megabyte takes longer than sending it. */
export type Pieces = readonly (string | Written)[];

export function joinPieces(pieces: Pieces): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : piece.bytes.toString('latin1'))).join('');
}

/** Lower-case hex digits, as recorded and as webhook signatures need them. */
export function toFacebookJson(value: unknown): string {
  return joinPieces(toFacebookPieces(value));
}

export function toFacebookPieces(value: unknown): Pieces {
  const pieces: (string | Written)[] = [];
  write(value, DEEPEST_WRITTEN, (piece) => {
    const last = pieces.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') pieces[pieces.length - 1] = last + piece;
    else pieces.push(piece);
  });
  return pieces;
}

const DEEPEST_WRITTEN = 2;

/** Further down nothing is written already, and the whole of it is done at once. */
function write(value: unknown, levels: number, add: (piece: string | Written) => void): void {
  if (value instanceof Written) {
    add(value);
  } else if (levels === 0 || typeof value !== 'object' || value === null) {
    add(escapeJson(JSON.stringify(value)));
  } else if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      add(at === 0 ? '[' : ',');
      write(item, levels - 1, add);
    }
    add(value.length === 0 ? '[]' : ']');
  } else {
    let lead = '{';
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue;
      add(`${lead}${escapeJson(JSON.stringify(name))}:`);
      write(member, levels - 1, add);
      lead = ',';
    }
    add(lead === '{' ? '{}' : '}');
  }
}

function escapeJson(json: string): string {
  return json.replaceAll('/', String.raw`\/`).replaceAll(BEYOND_ASCII, escapeRun);
}

const BEYOND_ASCII = /[\u007f-\uffff]+/g;
const MOST_RUNS = 10_000;

/** Words already escaped: an answer holds the same ones thousands of times. */
const runs = new Map<string, string>();

function escapeRun(run: string): string {
  const known = runs.get(run);
  if (known !== undefined) return known;
  const units = Array.from({ length: run.length }, (_, at) => run.charCodeAt(at).toString(16).padStart(4, '0'));
  const escaped = units.map((unit) => `\\u${unit}`).join('');
  if (runs.size === MOST_RUNS) runs.clear();
  runs.set(run, escaped);
  return escaped;
}
