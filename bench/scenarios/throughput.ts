/**
 * How fast messages become rows when Facebook answers at once and counts no calls: from HTTP to committed, with every
 * index in place. Machines differ; the figure that travels is the share of plain COPY of the same rows.
 */
import { timeCopy } from '../copy-rows.ts';
import type { Row } from '../rows.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { openStage, requireCount } from '../stage.ts';

const TARGET_SHARE = 0.35;

async function* run(bench: Bench): AsyncIterable<Row> {
  const rounds: Round[] = [];
  for (let round = 0; round < bench.size.flood.rounds; round++) rounds.push(await measure(bench));
  const best = rounds.reduce((a, b) => (b.seconds < a.seconds ? b : a));
  const copySeconds = Math.min(...rounds.map((round) => round.copySeconds));
  const perSecond = (duration: number) => `${Math.round(best.messages / duration).toLocaleString('en-US')} messages/s`;
  yield {
    name: `${best.messages} messages, no meter, no latency`,
    unit: 'of COPY',
    claim: '',
    before: undefined,
    bound: { value: 1 },
    measured: { value: copySeconds / best.seconds },
    target: { value: TARGET_SHARE },
    notes:
      `${perSecond(best.seconds)}; COPY ${perSecond(copySeconds)}; our CPU ${share(best.cpu, best.seconds)} of the time; ` +
      `best of ${rounds.length}`,
  };
}

interface Round {
  readonly messages: number;
  readonly seconds: number;
  readonly copySeconds: number;
  readonly cpu: NodeJS.CpuUsage;
}

async function measure({ databases, size, note }: Bench): Promise<Round> {
  const { conversations } = size.flood;
  await using stage = await openStage(databases, { profile: 'fast', pages: 1, conversations, callsPerSecond: 0 });
  const { messages } = stage;
  note('from HTTP to rows');
  const cpuBefore = process.cpuUsage();
  const { answer, seconds } = await stage.sync();
  const cpu = process.cpuUsage(cpuBefore);
  requireCount('Messages', { expected: messages, found: answer.eventsCreated });
  note('plain COPY of the same rows');
  return { messages, seconds, copySeconds: await timeCopy(stage.databaseUrl), cpu };
}

function share({ user, system }: NodeJS.CpuUsage, seconds: number): string {
  return `${Math.round((user + system) / 1e4 / seconds)} %`;
}

export const throughput: Scenario = { name: 'throughput', title: 'From HTTP to rows, against COPY', run };
