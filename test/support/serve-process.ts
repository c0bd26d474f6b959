/**
 * A process of its own that receives deliveries and applies them, to be killed: `node serve-process.ts <settings as JSON>
 * <secret of the app>`. Prints where it listens.
 */
import { createTidemark, type EngineSettings } from '../../src/engine/create-tidemark.ts';
import { startServer } from '../../src/http/server.ts';
import { must } from '../../src/lib/must.ts';
import { Secret } from '../../src/lib/secret.ts';
import { TEST_KEY } from './test-key.ts';

const [settings, appSecret] = process.argv.slice(2);
const plain = JSON.parse(must(settings, 'settings are the first argument')) as Omit<EngineSettings, 'encryptionKey'>;
const tidemark = await createTidemark({
  ...plain,
  encryptionKey: TEST_KEY,
  appSecret: new Secret(must(appSecret, 'the secret is the second argument')),
});
const server = await startServer({ tidemark, host: '127.0.0.1', port: 0 });
await tidemark.jobs.start({ worker: true, schedule: false, onProblem: () => {} });
process.stdout.write(`${server.url}\n`);
