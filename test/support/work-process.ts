/**
 * A process of its own that syncs one Page and then brings its older messages, to be killed:
 * `node work-process.ts <settings as JSON> <Page> [forced] [event,…=number]`. Prints every event as it happens, so that
 * who kills it knows how far it is.
 */
import { createFated } from './fated-engine.ts';

const [settings, facebookPageId, forced, fate] = process.argv.slice(2);
const tidemark = await createFated(settings, fate, (type) => process.stdout.write(`${type}\n`));
await tidemark.sync({ facebookPageId, forceFull: forced === 'forced' });
await tidemark.collectHistory({});
await tidemark.close();
