/** `tidemark runs`: what was done when, by whom, at what cost and with what outcome; and how to end what goes on. */
import { wholeNumber } from '../../config/kinds.ts';
import type { Command } from 'commander';
import type { RunAnswer } from '../../api/runs.ts';
import { type PhaseCosts, type Platform, RUN_PHASES } from '../../core/model.ts';
import { argument } from '../argument.ts';
import type { CliContext, ExitStatus } from '../context.ts';
import { parsePageRef } from '../page-ref.ts';
import { platformOption } from '../platform-option.ts';
import { printJson, printLines } from '../print.ts';
import type { Registration } from '../registration.ts';
import { loadSettings, openSession } from '../session.ts';
import { renderTable } from '../table.ts';
import { toAgo, toFigure, toSeconds } from '../words.ts';

interface RunsFlags {
  readonly page?: string;
  readonly platform?: Platform;
  readonly limit: number;
  readonly json?: true;
}

export function addRunsCommand({ program, context, end }: Registration): void {
  const runs = program
    .command('runs')
    .description('Shows the latest runs, newest first.')
    .option('--page <page>', 'only those of one Page, by its uuid or its Facebook Page id')
    .addOption(platformOption('only those'))
    .option('--limit <number>', 'how many', argument(wholeNumber({ min: 1, max: 200 })), 20)
    .option('--json', 'print them as one JSON document')
    .action(async (flags: RunsFlags) => end(await showRuns(context, flags)));
  runs
    .command('cancel')
    .description('Ends a run that goes on in any process. What it has stored stays, and the next sync completes it.')
    .argument('<run>', 'the id that `tidemark runs` shows of a run under way')
    .action(async (runId: string, _flags: object, { parent }: Command) => {
      end(await cancelRun(context, runId, { ...parent?.opts<Partial<RunsFlags>>() }));
    });
}

async function cancelRun(context: CliContext, runId: string, { json }: Partial<RunsFlags>): Promise<ExitStatus> {
  await using session = await openSession(context, loadSettings(context), { looksOnly: true });
  const run = await session.tidemark.runs.cancel(runId);
  if (json) printJson(context, { success: true, run });
  else printLines(context, [describeCancelled(run)]);
  return 0;
}

function describeCancelled({ id, status }: RunAnswer): string {
  if (status !== 'running') return `Run ${id} has ended (${status}); what it stored stays.`;
  return `Run ${id} is asked to end: its process sees that within six seconds. If that process is dead, ask again in 20 s.`;
}

async function showRuns(context: CliContext, flags: RunsFlags): Promise<ExitStatus> {
  const ref = flags.page === undefined ? {} : parsePageRef(flags.page);
  await using session = await openSession(context, loadSettings(context), { looksOnly: true });
  const runs = await session.tidemark.runs.list({ ...ref, platform: flags.platform, limit: flags.limit });
  if (flags.json) printJson(context, { success: true, runs });
  else printLines(context, describeRuns(runs, context.now()));
  return 0;
}

function describeRuns(runs: readonly RunAnswer[], nowMs: number): readonly string[] {
  if (runs.length === 0) return ['No run is recorded yet. Start one: `tidemark sync`.'];
  return renderTable(
    [
      ...['started', 'Page', 'channel', 'mode', 'by', 'outcome'].map((title) => ({ title })),
      ...['synced', 'messages', 'calls', 'seconds'].map((title) => ({ title, align: 'right' }) as const),
      { title: 'calls and seconds by phase' },
      { title: 'remarks' },
    ],
    runs.map((run) => [
      toAgo(run.startedAt, nowMs),
      run.pageName ?? run.pageId,
      run.platform,
      run.mode,
      run.trigger,
      run.status,
      toFigure(run.synced),
      toFigure(run.eventsCreated),
      toFigure(run.graphCalls),
      run.finishedAt === null ? '' : toSeconds(Date.parse(run.finishedAt) - Date.parse(run.startedAt)),
      describePhases(run.phases),
      describeRemark(run),
    ]),
  );
}

function describePhases(phases: PhaseCosts): string {
  return RUN_PHASES.flatMap((phase) => {
    const cost = phases[phase];
    if (cost === undefined) return [];
    // Writing makes no calls.
    const calls = phase === 'commit' ? '' : ` ${toFigure(cost.calls)}`;
    return [`${phase}${calls} in ${toSeconds(cost.durationMs)}`];
  }).join(', ');
}

function describeRemark({ id, status, errorCode, errorMessage }: RunAnswer): string {
  if (status === 'running') return `tidemark runs cancel ${id}`;
  return errorMessage === null ? '' : `${errorMessage} (${errorCode ?? 'no code'})`;
}
