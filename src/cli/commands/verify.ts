/** `tidemark verify`: compares the mirror of the named Pages, or of all active ones, with Facebook, and says what differs. */
import { duration, instant } from '../../config/kinds.ts';
import type { VerifyAllAnswer } from '../../api/verify.ts';
import { argument } from '../argument.ts';
import type { CliContext, ExitStatus } from '../context.ts';
import { parsePageRef } from '../page-ref.ts';
import { platformOption } from '../platform-option.ts';
import { printJson, printLine, printLines } from '../print.ts';
import type { Registration } from '../registration.ts';
import { listenForStop, printStopped, Stopped, unlessStopped } from '../stop-signal.ts';
import { countDifferences, describeEstimate, describeVerify } from '../verify-report.ts';
import { toCount } from '../words.ts';
import { findPages, openWatched, type WatchedFlags } from '../watched.ts';
import { quietOption } from './sync.ts';

interface VerifyFlags extends WatchedFlags {
  readonly repair?: true;
  readonly deep?: true;
  readonly since?: string;
  readonly maxDuration?: number;
  readonly exitCode?: true;
}

export function addVerifyCommand({ program, context, end }: Registration): void {
  program
    .command('verify')
    .summary('compare the mirror with Facebook, list every difference, repair on request')
    .description(
      'Compares the mirror of the named Pages, or of all active ones in parallel, with Facebook, conversation by ' +
        'conversation, and lists every difference. Steps aside for syncs. Differences are its result, not its ' +
        'failure: exit status 1 means that a Page failed or could not be compared to the end.',
    )
    .argument('[page...]', 'Pages, each by its uuid or its Facebook Page id')
    .addOption(platformOption('only the mirror'))
    .option('--repair', 'collect what differs, and mark what is gone at Facebook as deleted')
    .option('--deep', 'read every message again, also for edits, reactions and unsent ones; repairs what differs')
    .option(
      '--since <time>',
      'with --deep: read again only what was written since, e.g. 2026-03-01',
      argument(instant()),
    )
    .option('--exit-code', 'exit with 1 also when differences remain that were not repaired')
    .option(
      '--max-duration <duration>',
      'stop after this long, e.g. 240s; the next verify goes on from there',
      argument(duration({ min: '1ms', max: '24d' })),
    )
    .addOption(quietOption())
    .option('--json', 'print the answer as one JSON document')
    .action(async (pages: string[], flags: VerifyFlags) => end(await verify(context, pages, flags)));
}

async function verify(context: CliContext, names: readonly string[], flags: VerifyFlags): Promise<ExitStatus> {
  const refs = names.map(parsePageRef);
  using stop = listenForStop(context);
  await using session = await openWatched(context, { ...flags, looksOnly: true });
  const { tidemark } = session;

  const compare = async (): Promise<VerifyAllAnswer | Stopped> => {
    // A name that no Page has is a slip of the caller: find out before anything starts.
    const pages = await unlessStopped(stop, findPages(tidemark, refs, flags));
    if (pages instanceof Stopped) return pages;
    if (flags.deep && !flags.quiet) {
      const cost = await tidemark.estimateDeepVerify({
        pages: pages.map(({ id }) => ({ pageId: id })),
        since: flags.since,
      });
      printLine(context.stderr, describeEstimate(cost));
    }
    const request = {
      pages: pages.map(({ id }) => ({ pageId: id })),
      platform: flags.platform,
      repair: flags.repair ?? false,
      deep: flags.deep,
      since: flags.since,
      maxDurationMs: flags.maxDuration,
      trigger: 'cli',
    } as const;
    return session.watch({ pages }, (onEvent) => unlessStopped(stop, tidemark.verifyAll({ ...request, onEvent })));
  };

  const answer = await compare();
  if (answer instanceof Stopped) {
    await session.close();
    const compared = session.told().reduce((sum, { done }) => sum + done, 0);
    if (flags.json) printStopped(context, { compared });
    else
      printLines(context, [`Stopped. ${toCount(compared, 'conversation')} compared; the next verify goes on there.`]);
    return answer.status;
  }
  const status = toExitStatus(answer, flags);
  if (flags.json) printJson(context, answer);
  else if (!flags.quiet || status !== 0) printLines(context, describeVerify(answer, context.stdout));
  return status;
}

function toExitStatus(answer: VerifyAllAnswer, { exitCode }: VerifyFlags): ExitStatus {
  const isWhole = answer.results.every((row) => row.success && row.status === 'succeeded');
  if (!isWhole) return 1;
  const { found, repaired } = countDifferences(answer);
  return exitCode === true && repaired < found ? 1 : 0;
}
