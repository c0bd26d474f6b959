/**
 * Reads the answer of a batch call: many answers in one, each with a status of its own. One part's refusal is that
 * part's; a part that Facebook did not get to is told apart, because it has to be asked again.
 */
import { GraphError } from '../core/errors.ts';
import type { JsonValue } from '../core/model.ts';
import { must } from '../lib/must.ts';
import { classifyGraphError, readRefusal } from './error-codes.ts';
import { parseJson } from './json.ts';
import { isObject, type Maybe, toCount, toText } from './shapes.ts';
import { readUsage, type Usage } from './usage.ts';

export type BatchPart =
  | { readonly outcome: 'answered'; readonly body: JsonValue; readonly usage: Usage }
  | { readonly outcome: 'refused'; readonly error: GraphError; readonly usage: Usage }
  | { readonly outcome: 'not-done' };

/**
 * The parts in the order they were asked. `subjects` names what each part asked for. Throws a GraphError when the
 * call failed as a whole, or does not answer every part.
 */
export function parseBatch(body: Maybe, subjects: readonly string[]): readonly BatchPart[] {
  const subject = `a batch of ${subjects.length} parts`;
  if (readRefusal(body) !== undefined) throw classifyGraphError({ status: 200, body, subject });
  if (!Array.isArray(body) || body.length !== subjects.length) {
    throw new GraphError('GRAPH_ERROR', `Facebook's answer for ${subject} does not answer each of them.`, {
      kind: 'transient',
    });
  }
  return body.map((part: JsonValue, index) => parsePart(part, must(subjects[index], 'as many subjects as parts')));
}

function parsePart(part: JsonValue, subject: string): BatchPart {
  if (!isObject(part)) return { outcome: 'not-done' };
  const usage = readUsage(toHeaders(part['headers']));
  const status = toCount(part['code']) ?? 0;
  const body = parseBody(part['body']);
  if (status >= 200 && status < 300 && body !== undefined && readRefusal(body) === undefined) {
    return { outcome: 'answered', body, usage };
  }
  if (body === undefined) {
    const message = `Facebook answered ${subject} with something that is not JSON (HTTP ${status}).`;
    return { outcome: 'refused', error: new GraphError('GRAPH_ERROR', message, { kind: 'transient' }), usage };
  }
  return {
    outcome: 'refused',
    error: classifyGraphError({ status, body, subject, pools: usage.pools }),
    usage,
  };
}

/** The body of a part is a string of JSON. */
function parseBody(body: Maybe): JsonValue | undefined {
  try {
    return typeof body === 'string' ? parseJson(body) : undefined;
  } catch {
    // The caller makes an error of it that names the part.
    return undefined;
  }
}

/** A part's headers are a list of names and values, or left out. */
function toHeaders(headers: Maybe): Record<string, string> {
  if (!Array.isArray(headers)) return {};
  return Object.fromEntries(
    headers.flatMap((header: JsonValue) => {
      const name = isObject(header) ? toText(header['name']) : undefined;
      const value = isObject(header) ? toText(header['value']) : undefined;
      return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value]];
    }),
  );
}
