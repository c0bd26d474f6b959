/**
 * Counts the SQL statements that this process sends, through whatever connection. The beginning and the end of a
 * transaction travel with its statement and are not counted.
 */
import pg from 'pg';

export interface QueryCount extends Disposable {
  readonly count: number;
}

/** Counts until it is disposed of. */
export function countQueries(): QueryCount {
  const { query } = pg.Client.prototype;
  let count = 0;
  pg.Client.prototype.query = function counted(this: pg.Client, ...args: Parameters<typeof query>) {
    const [asked] = args as readonly unknown[];
    const text = typeof asked === 'string' ? asked : (asked as pg.QueryConfig).text;
    if (!/^(?:BEGIN|COMMIT)\b/.test(text)) count += 1;
    return query.apply(this, args);
  } as typeof query;
  return {
    get count() {
      return count;
    },
    [Symbol.dispose]() {
      pg.Client.prototype.query = query;
    },
  };
}
