/**
 * A process of its own that syncs one Page, to be killed or measured: `node sync-process.ts <settings as JSON> <Page>`.
 * Prints a line for every event, so that who kills it knows how far it is, and at the end the most memory it ever had.
 */
import { createTidemark, type EngineSettings } from '../../src/engine/create-tidemark.ts';
import { must } from '../../src/lib/must.ts';
import { TEST_KEY } from './test-key.ts';

const [settings, facebookPageId] = process.argv.slice(2);
const plain = JSON.parse(must(settings, 'settings are the first argument')) as Omit<EngineSettings, 'encryptionKey'>;
const tidemark = await createTidemark(
  { ...plain, encryptionKey: TEST_KEY },
  { onEvent: (event) => process.stdout.write(`${event.type}\n`) },
);
await tidemark.sync({ facebookPageId });
await tidemark.close();
process.stdout.write(`peak ${process.resourceUsage().maxRSS} KiB\n`);
