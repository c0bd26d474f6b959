/** First syncs side by side: every Page has a budget of calls of its own, so many should take little longer than one. */
import { firstSyncBoundSeconds, SEED_TERMS } from '../latency-model.ts';
import type { Cost, Row } from '../rows.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { openStage, requireAll, requireCount } from '../stage.ts';

const CLAIMS: Readonly<Record<number, string>> = { 2: '20 s', 5: '20 s', 10: '20 s' };
/** A target is so many times one Page: up to ten Pages, and for more. */
const FACTOR_FEW = 1.25;
const FACTOR_MANY = 2;

async function* run({ databases, size, note }: Bench): AsyncIterable<Row> {
  const { conversations } = size;
  let one: Cost | undefined;
  let before: Cost | undefined;
  for (const pages of [1, ...size.pages]) {
    await using stage = await openStage(databases, { profile: 'seed', pages, conversations });
    note(`${pages} Pages`);
    const { answer, seconds } = await stage.syncAll();
    requireAll(answer);
    requireCount('Conversations synced', { expected: pages * conversations, found: answer.totals.totalSynced });
    const calls = answer.results.reduce((sum, row) => sum + row.graphCalls, 0);
    if (one === undefined || before === undefined) {
      one = { value: seconds };
      note('one Page as before');
      before = await stage.walkAsBefore();
      continue;
    }
    const factor = pages > 10 ? FACTOR_MANY : FACTOR_FEW;
    yield {
      name: `first sync of ${pages} Pages × ${conversations}`,
      unit: 's',
      claim: CLAIMS[pages] ?? '',
      // One after the other; walking them all would only take long.
      before: { value: before.value * pages, calls: (before.calls ?? 0) * pages },
      bound: { value: firstSyncBoundSeconds(conversations, SEED_TERMS) },
      measured: { value: seconds, calls },
      target: { value: one.value * factor, of: `${factor} × one Page` },
      notes: `${(seconds / one.value).toFixed(2)} × one Page, ${answer.totals.totalEvents} messages${await stage.describeRefusals()}`,
    };
  }
}

export const manyPages: Scenario = { name: 'many-pages', title: 'First syncs of many Pages', run };
