/**
 * `tidemark demo`: the whole thing on one machine without any account: a simulated Facebook, the embedded PostgreSQL,
 * a full sync, new activity, an incremental sync, and proof that nothing is missing. It never touches the user's own
 * database, Pages or app.
 */
import { join } from 'node:path';
import { wholeNumber } from '../../config/kinds.ts';
import { assertLoopback } from '../../config/loopback.ts';
import type { Settings } from '../../config/options.ts';
import type { ConnectedPage } from '../../api/pages.ts';
import type { SyncAllAnswer } from '../../api/sync.ts';
import type { Tidemark } from '../../api/tidemark.ts';
import { TidemarkError } from '../../core/errors.ts';
import { Secret } from '../../lib/secret.ts';
import type { Log } from '../../telemetry/log.ts';
import { logSyncEvents } from '../../telemetry/log-sync-events.ts';
import { argument } from '../argument.ts';
import { compareWithWorld } from '../compare-with-world.ts';
import type { Comparison } from '../compare-with-world.ts';
import { activityOf, compareSyncs, describeActivity, renderBothSyncs } from '../demo-story.ts';
import type { CliContext, ExitStatus } from '../context.ts';
import { paintFor } from '../paint.ts';
import { printJson, printLine } from '../print.ts';
import { aroundProgress } from '../around-progress.ts';
import type { Progress } from '../progress.ts';
import type { Registration } from '../registration.ts';
import type { Simulator } from '../start-simulator.ts';
import { loadSettings } from '../session.ts';
import { listenForStop, printStopped, Stopped, unlessStopped } from '../stop-signal.ts';
import type { StopSignal } from '../stop-signal.ts';
import { toCount } from '../words.ts';
import { describeDatabase } from './serve.ts';

interface DemoFlags {
  readonly pages: number;
  readonly conversations: number;
  readonly exit?: true;
  readonly json?: true;
}

/** The stage on which the demo plays. */
interface Stage {
  readonly context: CliContext;
  readonly flags: DemoFlags;
  readonly settings: Settings;
  readonly simulator: Simulator;
  readonly tidemark: Tidemark;
  readonly log: Log;
  /** A line for the reader; `painted` colours it. */
  readonly say: (line?: string, painted?: (plain: string) => string) => void;
  /** A line that begins a new part. */
  readonly announce: (line: string) => void;
  /** Runs a sync of all Pages with its progress on stderr. */
  readonly watch: (pages: readonly ConnectedPage[], expected: number) => Promise<SyncAllAnswer>;
}

/** The demo is for people, and its own story is told in other words than the log's. */
const DEFAULTS = { LOG_LEVEL: 'warn', LOG_FORMAT: 'text' };
const MAX_DIFFERENCES_SHOWN = 20;

export function addDemoCommand({ program, context, end }: Registration): void {
  program
    .command('demo')
    .summary('show it all on this machine: simulator, embedded PostgreSQL, both kinds of sync')
    .description(
      'Shows it all on this machine, without an account: a simulated Facebook, the embedded PostgreSQL, a full sync, ' +
        'new activity, an incremental sync and a table of both. Then it serves the API until Ctrl-C.',
    )
    .option('--pages <number>', 'how many Pages', argument(wholeNumber({ min: 1, max: 100 })), 5)
    .option('--conversations <number>', 'how many in each', argument(wholeNumber({ min: 1, max: 100_000 })), 1_000)
    .option('--exit', 'end after the table')
    .option('--json', 'print the outcome as one JSON document')
    .action(async (flags: DemoFlags) => end(await demo(context, flags)));
}

async function demo(context: CliContext, flags: DemoFlags): Promise<ExitStatus> {
  const settings = loadSettings(context, DEFAULTS);
  if (!flags.exit) assertLoopback(settings.host);

  // What is for the reader goes to stderr when stdout belongs to a program.
  const reader = flags.json ? context.stderr : context.stdout;
  const paint = paintFor(reader);
  const say: Stage['say'] = (line = '', painted) => printLine(reader, line, painted);
  const announce = (line: string): void => {
    say();
    say(line, (plain) => paint('bold', plain));
  };

  const { createLog } = await import('../../telemetry/log.ts');
  const { showProgress } = await import('../progress.ts');
  let progress: Progress | undefined;
  const log = createLog(
    settings,
    aroundProgress(context, () => progress),
  );
  using stop = listenForStop(context);

  say('Tidemark demo', (plain) => paint(['bold', 'cyan'], plain));
  const { pages, conversations } = flags;
  const simulator = await context.startSimulator({ profile: 'seed', pages, conversations });
  try {
    const world = `${toCount(pages, 'Page')} of ${toCount(conversations, 'conversation')} each`;
    say(`A simulated Facebook with ${world} listens on ${simulator.url}`);
    say('Starting the embedded PostgreSQL …');
    await using tidemark = await context.openTidemark(demoSettings(settings, simulator), {
      onEvent: logSyncEvents(log),
    });
    const watch: Stage['watch'] = async (connected, expected) => {
      const shownPages = connected.map((page) => ({
        id: page.id,
        name: page.name ?? page.facebookPageId,
        platforms: ['messenger'] as const,
      }));
      using shown = showProgress({ stream: context.stderr, pages: shownPages, expected });
      progress = shown;
      try {
        return await tidemark.syncAll({ trigger: 'demo', onEvent: shown.onEvent });
      } finally {
        progress = undefined;
      }
    };
    const stage: Stage = { context, flags, settings, simulator, tidemark, log, say, announce, watch };
    const played = await unlessStopped(stop, play(stage));
    if (played instanceof Stopped) {
      if (flags.json) printStopped(context);
      return played.status;
    }
    const { success, connected, document } = played;
    if (flags.json) printJson(context, { success, pages: connected, ...document });
    if (!flags.exit) await serveUntilStopped(stage, { stop, connected });
    return success ? 0 : 1;
  } finally {
    await simulator.close();
  }
}

/** The demo has a database of its own and an app of its own, whatever the user's settings say. */
function demoSettings(settings: Settings, simulator: Simulator): Settings {
  return {
    ...settings,
    databaseUrl: undefined,
    dataDir: join(settings.dataDir, 'demo'),
    encryptionKey: undefined,
    graphApiUrl: simulator.url,
    appId: undefined,
    appSecret: undefined,
  };
}

interface Played {
  /** Every sync succeeded and the mirror is complete. */
  readonly success: boolean;
  readonly connected: readonly ConnectedPage[];
  readonly document: {
    readonly full: SyncAllAnswer;
    readonly incremental: SyncAllAnswer;
    readonly comparison: Comparison;
  };
}

async function play(stage: Stage): Promise<Played> {
  const { flags, simulator, tidemark, say, announce, watch } = stage;
  const connected = await connectFreshPages(stage);

  announce('First sync: everything');
  const first = await watch(connected, flags.conversations);

  announce('Meanwhile, people write');
  for (const [index, page] of simulator.pages.entries()) {
    const activity = activityOf(index, flags.conversations);
    simulator.activity(page.id, activity);
    say(`  ${page.name}: ${describeActivity(activity)}`);
  }

  announce('Second sync: only what changed');
  const second = await watch(connected, 0);

  announce('Both syncs');
  for (const line of renderBothSyncs(first, second, stage.context.stdout)) say(line);
  say();
  say(compareSyncs(first, second));

  say('Comparing the mirror with the world, message by message …');
  const comparison = await compareWithWorld(
    tidemark,
    connected.map((page) => ({
      pageId: page.id,
      name: page.name ?? page.facebookPageId,
      conversations: simulator.conversationsOf(page.facebookPageId),
    })),
  );
  tellComparison(stage, comparison);
  const failed = tellFailures(stage, [first, second]);

  const success = comparison.complete && !failed;
  return { success, connected, document: { full: first, incremental: second, comparison } };
}

async function connectFreshPages({ tidemark, simulator, say }: Stage): Promise<readonly ConnectedPage[]> {
  const [database] = describeDatabase(tidemark.embeddedDatabaseUrl);
  if (database !== undefined) say(database);
  const old = await tidemark.pages.list();
  for (const page of old) await tidemark.pages.remove(page.id);
  if (old.length > 0) say(`Removed ${toCount(old.length, 'Page')} of an earlier demo.`);

  const { connected, refused } = await tidemark.pages.connect(new Secret(simulator.userToken));
  if (connected.length < simulator.pages.length) {
    const reasons = refused.map((page) => `${page.name ?? page.facebookPageId ?? 'a Page'}: ${page.reason}`).join('; ');
    throw new TidemarkError('INTERNAL', `The demo could connect ${connected.length} of its Pages only. ${reasons}`);
  }
  return connected;
}

function tellComparison({ context, flags, say }: Stage, comparison: Comparison): void {
  const paint = paintFor(flags.json ? context.stderr : context.stdout);
  if (comparison.complete) {
    const what = `${toCount(comparison.conversations, 'conversation')}, ${toCount(comparison.messages, 'message')}`;
    say(`✔ Every conversation and message of the world is in the mirror (${what}).`, (plain) =>
      plain.replace('✔', paint('green', '✔')),
    );
    return;
  }
  const { differences } = comparison;
  say(`✘ The mirror differs from the world in ${toCount(differences.length, 'place')}:`, (plain) =>
    plain.replace('✘', paint('red', '✘')),
  );
  for (const difference of differences.slice(0, MAX_DIFFERENCES_SHOWN)) say(`  ${difference}`);
  if (differences.length > MAX_DIFFERENCES_SHOWN) say(`  … and ${differences.length - MAX_DIFFERENCES_SHOWN} more`);
}

/** Says which Pages failed or stayed partial; true when any did. */
function tellFailures({ say }: Stage, answers: readonly SyncAllAnswer[]): boolean {
  const failed = answers.flatMap((answer) => answer.results).filter((row) => row.status !== 'succeeded');
  for (const row of failed) {
    say(`${row.pageName ?? row.facebookPageId}: ${row.status}${row.error === undefined ? '' : `, ${row.error}`}`);
  }
  return failed.length > 0;
}

async function serveUntilStopped(
  { context, settings, tidemark, log, say, announce }: Stage,
  { stop, connected }: { readonly stop: StopSignal; readonly connected: readonly ConnectedPage[] },
): Promise<void> {
  const server = await context.startServer({ tidemark, host: settings.host, port: settings.port, log });
  try {
    announce(`The API listens on ${server.url}`);
    say(`  curl ${server.url}/api/pages`);
    say(`  curl '${server.url}/api/conversations?pageId=${connected[0]?.id ?? ''}&limit=3'`);
    say(`  curl -X POST ${server.url}/api/conversations/sync-all`);
    say(
      `  curl -N ${server.url}/api/conversations/sync-stream -H 'Content-Type: application/json' ` +
        `-d '{"facebookPageId":"${connected[0]?.facebookPageId ?? ''}"}'`,
    );
    say('Ctrl-C ends it.');
    await stop.received;
  } finally {
    await server.close();
  }
}
