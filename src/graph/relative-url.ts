/** The address of a call behind host and version. An id must never lead out of its place in the path. */
import { GraphError } from '../core/errors.ts';
import type { GraphParams, GraphRequest } from './call.ts';

/** e.g. `1001/conversations?limit=25`. Throws a GraphError for an id that is empty or only dots. */
export function toRelativeUrl({ path, params, subject }: Pick<GraphRequest, 'path' | 'params' | 'subject'>): string {
  if (path.some((segment) => /^\.{0,2}$/u.test(segment))) {
    throw new GraphError('GRAPH_ERROR', `Cannot ask Facebook for ${subject}: an id is empty or only dots.`, {
      kind: 'invalid',
    });
  }
  const query = toQuery(params);
  return `${path.map(encodeURIComponent).join('/')}${query === '' ? '' : `?${query}`}`;
}

/** Undefined parameters are left out. */
function toQuery(params: GraphParams): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined) query.set(name, String(value));
  return query.toString();
}
