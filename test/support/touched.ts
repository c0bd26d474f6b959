/**
 * Tells which partitions and indexes the statements of a database really used, by PostgreSQL's own counters: not what
 * a plan promises, but what was scanned and written. For tests only: every statement becomes a transaction.
 */
import type { Database, Row } from '../../src/store/connect.ts';

export interface Touch {
  /** Table as the statements name it. */
  readonly table: string;
  /** The partition itself; the table's own name when it is not partitioned. */
  readonly partition: string;
  /** Name of the index as the table has it, `written`, or `read through`: a scan of all of it. */
  readonly by: string;
}

export interface TracedDatabase extends Database {
  /** What the statements since the last time touched. */
  takeTouches(): readonly Touch[];
}

interface CountRow extends Row {
  readonly table: string;
  readonly partition: string;
  readonly by: string;
  readonly count: number;
}

/** Counters of this transaction, and of what this connection has not reported yet: only differences tell. */
const COUNT = `
WITH part AS (
  SELECT oid, relname, coalesce((SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = oid), relname) AS table
  FROM pg_class WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relkind = 'r'
)
SELECT "table", relname AS partition, 'read through' AS by, pg_stat_get_xact_numscans(oid) AS count FROM part
UNION ALL
SELECT "table", relname, 'written', pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
                                  + pg_stat_get_xact_tuples_deleted(oid) FROM part
UNION ALL
SELECT "table", relname,
       coalesce((SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = indexrelid), indexrelid::regclass::text),
       pg_stat_get_xact_numscans(indexrelid)
FROM part JOIN pg_index ON indrelid = part.oid`;

export function traced(database: Database): TracedDatabase {
  const touches = new Map<string, Touch>();

  return {
    ...database,
    async query<R extends Row>(sql: string, values?: readonly unknown[]) {
      return database.transaction(async (query) => {
        const before = await query<CountRow>(COUNT);
        const rows = await query<R>(sql, values);
        const after = await query<CountRow>(COUNT);
        const counted = new Map(before.map((row) => [keyOf(row), row.count]));
        for (const row of after) {
          const { table, partition, by } = row;
          if (row.count > (counted.get(keyOf(row)) ?? 0)) touches.set(keyOf(row), { table, partition, by });
        }
        return rows;
      });
    },
    takeTouches() {
      const taken = [...touches.values()];
      touches.clear();
      return taken;
    },
  };
}

function keyOf({ partition, by }: Touch): string {
  return `${partition} ${by}`;
}
