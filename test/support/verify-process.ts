/**
 * A process of its own that verifies one Page in slices, to be killed:
 * `node verify-process.ts <settings as JSON> <Page> [repair] [event,…=number]`.
 */
import { createFated } from './fated-engine.ts';

const [settings, facebookPageId, repair, fate] = process.argv.slice(2);
const tidemark = await createFated(settings, fate);
const asked = { facebookPageId, repair: repair === 'repair', maxDurationMs: 1 };
while (!(await tidemark.verify(asked)).complete) continue;
await tidemark.close();
