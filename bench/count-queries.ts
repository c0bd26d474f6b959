/** Counts the SQL statements that this process sends, through whatever connection. */
import pg from 'pg';

export interface QueryCount extends Disposable {
  readonly count: number;
}

/** Counts until it is disposed of. */
export function countQueries(): QueryCount {
  const { query } = pg.Client.prototype;
  let count = 0;
  pg.Client.prototype.query = function counted(this: pg.Client, ...args: Parameters<typeof query>) {
    count += 1;
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
