/**
 * A process of its own that syncs one Page and then brings its older messages, to be killed:
 * `node work-process.ts <settings as JSON> <Page> [forced] [event,…=number]`. Prints every event as it happens, so that
 * who kills it knows how far it is; or kills itself at the event of that number among those of the named types, before
 * anything else can happen.
 */
import { createTidemark, type EngineSettings } from '../../src/engine.ts';
import { must } from '../../src/lib/must.ts';
import { TEST_KEY } from './test-key.ts';

const [settings, facebookPageId, forced, fate = ''] = process.argv.slice(2);
const [types = '', number] = fate.split('=');
const deadly = types.split(',');
let met = 0;

const plain = JSON.parse(must(settings, 'settings are the first argument')) as Omit<EngineSettings, 'encryptionKey'>;
const tidemark = await createTidemark(
  { ...plain, encryptionKey: TEST_KEY },
  {
    onEvent({ type }) {
      if (deadly.includes(type) && ++met === Number(number)) process.kill(process.pid, 'SIGKILL');
      process.stdout.write(`${type}\n`);
    },
  },
);
await tidemark.sync({ facebookPageId, forceFull: forced === 'forced' });
await tidemark.collectHistory({});
await tidemark.close();
