/** Knocks at a port: is the server of this cluster there, and does it take queries? Never believes the port alone. */
import pg from 'pg';
import { connectionStringOf, type Cluster } from './cluster.ts';

/**
 * `ready` our server answers · `busy` a server is starting, recovering, stopping or full · `refused` a server that
 * does not take our password · `absent` nothing, or not our server.
 */
export type ProbeAnswer = 'ready' | 'busy' | 'refused' | 'absent';

/** A server of ours that is slower than this is asked again; a stranger's silent one must not hold up the start. */
const ANSWER_TIMEOUT_MS = 1_000;

export async function probeServer(cluster: Cluster, port: number): Promise<ProbeAnswer> {
  const client = new pg.Client({
    connectionString: connectionStringOf(cluster, port),
    connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    application_name: 'tidemark probe',
  });
  // Told of by the promises below as well.
  client.on('error', () => {});
  try {
    await client.connect();
    // A copied data folder has the same password: only the name tells the two servers apart.
    const { rows } = await client.query<{ name: string }>(`SELECT current_setting('cluster_name') AS name`);
    return rows[0]?.name === cluster.name ? 'ready' : 'absent';
  } catch (error) {
    return readRefusal((error as { code?: string }).code);
  } finally {
    await client.end().catch(() => {});
  }
}

function readRefusal(code: string | undefined): ProbeAnswer {
  switch (code) {
    case '57P03': // cannot connect now
    case '57P01': // admin shutdown
    case '53300': // too many connections
      return 'busy';
    case '28P01': // wrong password
    case '28000':
      return 'refused';
    default:
      return 'absent';
  }
}
