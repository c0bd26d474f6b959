/**
 * How the rows of a batch travel to PostgreSQL: their columns as one JSON array, and beside it what Facebook sent, one
 * object a line. Inside the array it would be written twice here, and taken apart and put together again there.
 */
import type { JsonObject } from '../core/model.ts';
import { contentHash, orderedJson } from './content-hash.ts';
import { toStorableJson } from './text.ts';

/** A row of a batch. */
export interface InputRow<Columns> {
  readonly columns: Columns;
  /** JSON text of what Facebook sent. */
  readonly raw: string;
}

/** Two parameters of a statement: their places (`$5`, `$6`), or what they hold. */
export type BatchInput = readonly [rows: string, raws: string];

/** The batch as a table: `columns`, as jsonb_to_recordset wants them, and `raw`. */
export function batchTable([rows, raws]: BatchInput, columns: string): string {
  return `(
    SELECT *, string_to_table::jsonb AS raw
    FROM ROWS FROM (jsonb_to_recordset(${rows}::jsonb) AS (${columns}), string_to_table(${raws}::text, E'\\n'))
  ) AS input`;
}

export function toBatchInput(rows: readonly InputRow<unknown>[]): BatchInput {
  // No line break inside a line: in JSON text it is an escape.
  return [JSON.stringify(rows.map(({ columns }) => columns)), rows.map(({ raw }) => raw).join('\n')];
}

/** What Facebook sent as it is stored, whether anything in it had to be replaced for that, and its fingerprint. */
export function toRaw(sent: JsonObject): { readonly raw: string; readonly isReplaced: boolean; readonly hash: string } {
  const json = orderedJson(sent);
  const storable = toStorableJson(sent, json);
  const isReplaced = storable !== sent;
  return { raw: isReplaced ? JSON.stringify(storable) : json, isReplaced, hash: contentHash(sent, json) };
}
