/** `tidemark simulate`: a small Facebook on this machine, to try things out on. Its tokens are made up and may be shown. */
import { Option } from 'commander';
import { wholeNumber } from '../../config/kinds.ts';
import { argument } from '../argument.ts';
import type { SimulatorOptions } from '../../../simulator/options.ts';
import type { CliContext, ExitStatus } from '../context.ts';
import { printLines } from '../print.ts';
import type { Registration } from '../registration.ts';
import type { Simulator } from '../start-simulator.ts';
import { listenForStop } from '../stop-signal.ts';
import { renderTable } from '../table.ts';
import { toCount } from '../words.ts';

type SimulateFlags = Required<
  Pick<SimulatorOptions, 'port' | 'profile' | 'pages' | 'conversations' | 'seed' | 'callsPerSecond'>
>;

export function addSimulateCommand({ program, context, end }: Registration): void {
  program
    .command('simulate')
    .description('Runs the Graph API simulator alone, until Ctrl-C.')
    .option(
      '--port <number>',
      'where to listen; 0 takes any free port',
      argument(wholeNumber({ min: 0, max: 65_535 })),
      4681,
    )
    .addOption(
      new Option(
        '--profile <profile>',
        'how it answers: like Facebook on a good day, at once, or with faults and odd data',
      )
        .choices(['seed', 'fast', 'hostile'])
        .default('seed'),
    )
    .option('--pages <number>', 'how many Pages', argument(wholeNumber({ min: 1, max: 20_000 })), 5)
    .option('--conversations <number>', 'how many in each', argument(wholeNumber({ min: 0, max: 1_000_000 })), 1_000)
    .option(
      '--instagram-pages <number>',
      'how many of the Pages have an Instagram account, with as many conversations again',
      argument(wholeNumber({ min: 0, max: 20_000 })),
      0,
    )
    .option('--seed <number>', 'the same seed makes the same world', argument(wholeNumber({ min: 0, max: 2 ** 31 })), 1)
    .option(
      '--calls-per-second <number>',
      'that it allows each Page; 0 counts none',
      argument(wholeNumber({ min: 0, max: 1_000 })),
      2,
    )
    .action(async (flags: SimulateFlags) => end(await simulate(context, flags)));
}

async function simulate(context: CliContext, flags: SimulateFlags): Promise<ExitStatus> {
  using stop = listenForStop(context);
  const simulator = await context.startSimulator(flags);
  try {
    printLines(context, describeSimulator(simulator, flags));
    await stop.received;
    return 0;
  } finally {
    await simulator.close();
  }
}

function describeSimulator(
  simulator: Simulator,
  { pages, conversations, profile, seed }: SimulateFlags,
): readonly string[] {
  const [first] = simulator.pages;
  return [
    `A simulated Facebook (${profile}, seed ${seed}) with ${toCount(pages, 'Page')} ` +
      `of ${toCount(conversations, 'conversation')} each listens on ${simulator.url}`,
    '',
    `User token  ${simulator.userToken}`,
    '',
    ...renderTable(
      [{ title: 'Page' }, { title: 'id', whole: true }, { title: 'Page token', whole: true }],
      simulator.pages.map((page) => [page.name, page.id, page.token]),
    ),
    '',
    'Point Tidemark at it from another terminal:',
    `  export GRAPH_API_URL=${simulator.url}`,
    `  echo ${simulator.userToken} | tidemark pages add --token-stdin`,
    '  tidemark sync',
    '',
    'Let somebody write, and a token die; docs/simulator.md has all the doors:',
    `  curl -X POST ${simulator.url}/_simulator/activity -d '{"pageId":"${first?.id}","newMessages":5}'`,
    `  curl -X POST ${simulator.url}/_simulator/tokens/kill -d '{"owner":"${first?.id}"}'`,
    '',
    'Ctrl-C ends it.',
  ];
}
