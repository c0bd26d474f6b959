/**
 * Plain COPY, the fastest way into PostgreSQL: reads what a mirror holds and copies it into tables without any index.
 * The driver knows no COPY of its own; it hands its connection to whoever can speak to it.
 */
import pg from 'pg';

const TABLES = ['facebook_conversations', 'facebook_messages'];
/** As much as is sent at once. */
const PIECE_BYTES = 1 << 20;

/** Seconds that COPY takes for all conversations and messages of the mirror, from memory to the commit. */
export async function timeCopy(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    let seconds = 0;
    for (const table of TABLES) {
      const rows = await copyOut(client, `COPY ${table} TO STDOUT`);
      await client.query(`CREATE TABLE plain_${table} (LIKE ${table})`);
      const startedAt = performance.now();
      await copyIn(client, `COPY plain_${table} FROM STDIN`, rows);
      seconds += (performance.now() - startedAt) / 1000;
      await client.query(`DROP TABLE plain_${table}`);
    }
    return seconds;
  } finally {
    await client.end();
  }
}

/** What of the driver's connection is used here; its types leave the messages of COPY out. */
interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

interface Handlers {
  readonly onIn?: (connection: CopyConnection) => void;
  readonly onData?: (chunk: Buffer) => void;
}

async function copyOut(client: pg.Client, sql: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await copy(client, sql, { onData: (chunk) => chunks.push(chunk) });
  return Buffer.concat(chunks);
}

function copyIn(client: pg.Client, sql: string, rows: Buffer): Promise<void> {
  return copy(client, sql, {
    onIn(connection) {
      for (let at = 0; at < rows.length; at += PIECE_BYTES) {
        connection.sendCopyFromChunk(rows.subarray(at, at + PIECE_BYTES));
      }
      connection.endCopyFrom();
    },
  });
}

function copy(client: pg.Client, sql: string, { onIn, onData }: Handlers): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const ignore = () => {};
  const query = {
    submit: (connection: CopyConnection) => connection.query(sql),
    handleCopyInResponse: (connection: CopyConnection) => onIn?.(connection),
    handleCopyData: ({ chunk }: { chunk: Buffer }) => onData?.(Buffer.from(chunk)),
    handleCommandComplete: ignore,
    handleReadyForQuery: () => resolve(),
    handleError: (error: Error) => reject(error),
  };
  client.query(query as unknown as pg.Submittable);
  return promise;
}
