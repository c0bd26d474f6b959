/**
 * An engine in a process of its own that kills itself: `<settings as JSON>` and a fate, `event,…=number`, from the
 * command line. It dies at the event of that number among those of the named types, before anything else can happen.
 */
import { createTidemark, type EngineSettings } from '../../src/engine/create-tidemark.ts';
import type { Tidemark } from '../../src/api/tidemark.ts';
import { must } from '../../src/lib/must.ts';
import { TEST_KEY } from './test-key.ts';

/** Without a fate it lives. `tell` hears of every event that it survives. */
export async function createFated(
  settings: string | undefined,
  fate = '',
  tell?: (type: string) => void,
): Promise<Tidemark> {
  const [types = '', number] = fate.split('=');
  const deadly = types.split(',');
  let met = 0;
  const plain = JSON.parse(must(settings, 'settings are the first argument')) as Omit<EngineSettings, 'encryptionKey'>;
  return createTidemark(
    { ...plain, encryptionKey: TEST_KEY },
    {
      onEvent({ type }) {
        if (deadly.includes(type) && ++met === Number(number)) process.kill(process.pid, 'SIGKILL');
        tell?.(type);
      },
    },
  );
}
