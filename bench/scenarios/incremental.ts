/** Later syncs of one Page, with nothing, something and more than a first look shows to bring. */
import { must } from '../../src/lib/must.ts';
import { incrementalBoundSeconds, SEED_TERMS } from '../latency-model.ts';
import type { Row, Target } from '../rows.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { openStage, requireCount } from '../stage.ts';

const CLAIMS: Readonly<Record<number, string>> = { 0: '0.5 s', 10: '1–2 s', 50: '3–4 s' };
const TARGETS: Readonly<Record<number, Target>> = {
  0: { value: 0.5, calls: 1 },
  10: { value: 1.1, calls: 2 },
  50: { value: 2.3 },
};

async function* run({ databases, size, note }: Bench): AsyncIterable<Row> {
  await using stage = await openStage(databases, { profile: 'seed', pages: 1, conversations: size.conversations });
  note('first sync');
  await stage.sync();
  const pageId = must(stage.simulator.pageIds[0], 'there is a Page');
  // The hint is tried once for each Page; what it costs is not what is measured here.
  await stage.sync();
  for (const fresh of size.fresh) {
    await stage.simulator.activity({ pageId, newMessages: fresh });
    note(`${fresh} new`);
    const { answer, seconds } = await stage.sync();
    requireCount('Conversations synced', { expected: fresh, found: answer.synced });
    note(`${fresh} new, as before`);
    yield {
      name: `${fresh} new among ${size.conversations}`,
      unit: 's',
      claim: CLAIMS[fresh] ?? '',
      before: await stage.walkAsBefore(),
      bound: { value: incrementalBoundSeconds(fresh, SEED_TERMS) },
      measured: { value: seconds, calls: answer.graphCalls },
      target: TARGETS[fresh],
      notes: '',
    };
  }
}

export const incremental: Scenario = { name: 'incremental', title: 'Later syncs of one Page', run };
