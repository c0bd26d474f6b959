/** A connection that looks on from outside, and is gone with the scope that opened it, whatever came of the test. */
import pg from 'pg';

export interface Eye extends AsyncDisposable {
  readonly client: pg.Client;
}

/** Rejects when there is no server. A connection that breaks later is told by the next query. */
export async function openEye(connectionString: string): Promise<Eye> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => {});
  await client.connect();
  return { client, [Symbol.asyncDispose]: () => client.end() };
}
