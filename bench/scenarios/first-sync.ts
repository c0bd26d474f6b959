/** The first sync of one Page: with lists of 100 conversations, as documented programs ask for, and of 200. */
import { firstSyncBoundSeconds, SEED_TERMS } from '../latency-model.ts';
import type { Row } from '../rows.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { openStage, requireCount } from '../stage.ts';

const CAPS = [
  { listCap: 100, targetSeconds: 12, calls: 20 },
  { listCap: 200, targetSeconds: 9.7, calls: undefined },
];

async function* run({ databases, size, note }: Bench): AsyncIterable<Row> {
  const { conversations } = size;
  for (const { listCap, targetSeconds, calls } of CAPS) {
    await using stage = await openStage(databases, { profile: 'seed', pages: 1, conversations });
    await stage.simulator.setRules({ listCap });
    note(`first sync, lists of ${listCap}`);
    const { answer, seconds } = await stage.sync();
    requireCount('Conversations synced', { expected: conversations, found: answer.synced });
    const refusals = await stage.describeRefusals();
    note('the same as before');
    yield {
      name: `first sync of ${conversations} conversations, lists of ${listCap}`,
      unit: 's',
      claim: '15–20 s',
      before: await stage.walkAsBefore(),
      bound: { value: firstSyncBoundSeconds(conversations, { ...SEED_TERMS, listCap }) },
      measured: { value: seconds, calls: answer.graphCalls },
      target: { value: targetSeconds, calls },
      notes: `${answer.eventsCreated} messages${refusals}`,
    };
  }
}

export const firstSync: Scenario = { name: 'first-sync', title: 'First sync of one Page', run };
