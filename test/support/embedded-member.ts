/**
 * A process that uses an embedded PostgreSQL, for tests that let it leave in every way there is. Started by
 * `startMember`; takes its data folder as argument and its orders, one word a line, on stdin.
 */
import { createInterface } from 'node:readline';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts';

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

try {
  const server = await startEmbeddedPostgres({
    dataDir: process.argv[2] ?? '',
    log: (line) => say({ log: line }),
  });
  // A program with a handler of its own, as the command line has.
  process.on('SIGINT', () => say({ interrupted: true }));
  createInterface({ input: process.stdin }).on('line', (order) => void obey(order));
  say({ url: server.connectionString });

  const obey = async (order: string) => {
    switch (order) {
      case 'stop':
        await server.stop();
        process.stdin.destroy();
        break;
      case 'exit':
        process.exit(0);
        break;
      case 'crash':
        throw new Error('an error that nobody catches');
    }
  };
} catch (error) {
  say({ error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
