/** `tidemark verify`: compares the mirror of the named Pages, or of all active ones, with Facebook, and says what differs. */
import { duration, instant } from '../../config/kinds.ts';
import type { PageAnswer } from '../../api/pages.ts';
import type { VerifyAllAnswer } from '../../api/verify.ts';
import type { Platform } from '../../core/model.ts';
import { argument } from '../argument.ts';
import type { CliContext, ExitStatus } from '../context.ts';
import { parsePageRef } from '../page-ref.ts';
import { platformOption } from '../platform-option.ts';
import { printJson, printLine, printLines } from '../print.ts';
import { aroundProgress, type Progress, showProgress } from '../progress.ts';
import type { Registration } from '../registration.ts';
import { loadSettings, openSession } from '../session.ts';
import { listenForStop, unlessStopped } from '../stop-signal.ts';
import { countDifferences, describeEstimate, describeVerify } from '../verify-report.ts';

interface VerifyFlags {
  readonly platform?: Platform;
  readonly repair?: true;
  readonly deep?: true;
  readonly since?: string;
  readonly maxDuration?: number;
  readonly json?: true;
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
    .option('--json', 'print the answer as one JSON document')
    .action(async (pages: string[], flags: VerifyFlags) => end(await verify(context, pages, flags)));
}

async function verify(context: CliContext, names: readonly string[], flags: VerifyFlags): Promise<ExitStatus> {
  const refs = names.map(parsePageRef);
  using stop = listenForStop(context);
  let progress: Progress | undefined;
  const hasBars = context.stderr.isTTY === true;
  // Where bars show how far it is, the log is left to what is odd.
  const settings = loadSettings(context, hasBars ? { LOG_LEVEL: 'warn' } : {});
  await using session = await openSession(context, settings, { logTo: aroundProgress(context, () => progress) });
  const { tidemark } = session;

  const compare = async (pages: readonly PageAnswer[]): Promise<VerifyAllAnswer> => {
    using shown = hasBars ? showProgress(toBars(context, pages)) : undefined;
    progress = shown;
    try {
      return await tidemark.verifyAll({
        pages: pages.map(({ id }) => ({ pageId: id })),
        platform: flags.platform,
        repair: flags.repair ?? false,
        deep: flags.deep,
        since: flags.since,
        maxDurationMs: flags.maxDuration,
        trigger: 'cli',
        onEvent: shown?.onEvent,
      });
    } finally {
      progress = undefined;
    }
  };

  const work = async (): Promise<ExitStatus> => {
    // A name that no Page has is a slip of the caller: find out before anything starts.
    const named = await Promise.all(refs.map((ref) => tidemark.pages.find(ref)));
    const pages = named.length > 0 ? named : (await tidemark.pages.list()).filter((page) => isMeant(page, flags));
    if (flags.deep) {
      const cost = await tidemark.estimateDeepVerify({
        pages: pages.map(({ id }) => ({ pageId: id })),
        since: flags.since,
      });
      printLine(context.stderr, describeEstimate(cost));
    }
    const answer = await compare(pages);
    if (flags.json) printJson(context, answer);
    else printLines(context, describeVerify(answer));
    return toExitStatus(answer, flags);
  };
  // Awaited here, because the session is closed as soon as this function returns.
  return await unlessStopped(stop, work());
}

function isMeant({ isActive, channels }: PageAnswer, { platform }: VerifyFlags): boolean {
  return isActive && (platform === undefined || channels.some((channel) => channel.platform === platform));
}

function toBars({ stderr }: CliContext, pages: readonly PageAnswer[]): Parameters<typeof showProgress>[0] {
  const shown = pages.map(({ id, name, facebookPageId }) => ({ id, name: name ?? facebookPageId }));
  return { stream: stderr, pages: shown, expected: 0 };
}

function toExitStatus(answer: VerifyAllAnswer, { exitCode }: VerifyFlags): ExitStatus {
  const isWhole = answer.results.every((row) => row.success && row.status === 'succeeded');
  if (!isWhole) return 1;
  const { found, repaired } = countDifferences(answer);
  return exitCode === true && repaired < found ? 1 : 0;
}
