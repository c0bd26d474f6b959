/**
 * The bodies and queries of requests. What a request holds beside what it may is refused, and never ignored: it is a
 * slip, and whoever made it wants to know.
 */
import { z } from 'zod';
import { findClosest } from '../lib/closest.ts';

/** A name that may be repeated; anything else may be a secret in the wrong place. */
const NAME = /^[\w-]{1,32}$/;

/** A body or a query with these fields and no other. */
export function request<Fields extends z.ZodRawShape>(fields: Fields) {
  return z.strictObject(fields, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? refuse(issue.keys, Object.keys(fields)) : 'must be a JSON object',
  });
}

/** The query of a route that takes none. */
export const NoQuery = request({});

/** The body of a route that takes none. */
export const NoBody = request({}).meta({ id: 'NoBody', description: 'Nothing: `{}`, or no body at all.' });

function refuse(unknown: readonly string[], known: readonly string[]): string {
  const names = unknown.map((name) => {
    const meant = findClosest(name, known);
    const shown = NAME.test(name) ? name : 'a field whose name is not repeated here';
    return meant === undefined ? shown : `${shown} (did you mean ${meant}?)`;
  });
  return `does not take ${names.join(', ')}; it takes ${known.length === 0 ? 'nothing' : known.join(', ')}`;
}
