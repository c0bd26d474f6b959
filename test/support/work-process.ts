/**
 * A process of its own that syncs one Page and then brings its older messages, to be killed:
 * `node work-process.ts <settings as JSON> <Page> <forced?>`. Prints every event as it happens, so that who kills it
 * knows how far it is.
 */
import { createTidemark, type EngineSettings } from '../../src/engine.ts';
import { must } from '../../src/lib/must.ts';
import { TEST_KEY } from './test-key.ts';

const [settings, facebookPageId, forced] = process.argv.slice(2);
const plain = JSON.parse(must(settings, 'settings are the first argument')) as Omit<EngineSettings, 'encryptionKey'>;
const tidemark = await createTidemark(
  { ...plain, encryptionKey: TEST_KEY },
  { onEvent: (event) => process.stdout.write(`${event.type}\n`) },
);
await tidemark.sync({ facebookPageId, forceFull: forced === 'forced' });
await tidemark.collectHistory({});
await tidemark.close();
