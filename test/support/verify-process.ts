/**
 * A process of its own that verifies one Page in slices, to be killed:
 * `node verify-process.ts <settings as JSON> <Page> [repair] [event,…=number]`. Kills itself at the event of that number
 * among those of the named types, before anything else can happen.
 */
import { createTidemark, type EngineSettings } from '../../src/engine.ts';
import { must } from '../../src/lib/must.ts';
import { TEST_KEY } from './test-key.ts';

const [settings, facebookPageId, repair, fate = ''] = process.argv.slice(2);
const [types = '', number] = fate.split('=');
const deadly = types.split(',');
let met = 0;

const plain = JSON.parse(must(settings, 'settings are the first argument')) as Omit<EngineSettings, 'encryptionKey'>;
const tidemark = await createTidemark(
  { ...plain, encryptionKey: TEST_KEY },
  {
    onEvent({ type }) {
      if (deadly.includes(type) && ++met === Number(number)) process.kill(process.pid, 'SIGKILL');
    },
  },
);
const asked = { facebookPageId, repair: repair === 'repair', maxDurationMs: 1 };
while (!(await tidemark.verify(asked)).complete) continue;
await tidemark.close();
