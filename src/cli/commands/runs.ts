/** `tidemark runs`: what was done when, by whom, at what cost and with what outcome; and how to end what goes on. */
import { wholeNumber } from '../../config/kinds.ts';
import type { Command } from 'commander';
import type { RunAnswer } from '../../api/runs.ts';
import type { Tidemark } from '../../api/tidemark.ts';
import { type PageRef, type PhaseCosts, type Platform, RUN_PHASES } from '../../core/model.ts';
import { argument } from '../argument.ts';
import type { CliContext } from '../context.ts';
import { parsePageRef } from '../page-ref.ts';
import { platformOption } from '../platform-option.ts';
import { perform, type Report } from '../perform.ts';
import type { Registration } from '../registration.ts';
import { renderTable } from '../table.ts';
import { describeTroubles } from '../troubles.ts';
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
    .action(async (flags: RunsFlags) => {
      const ref = flags.page === undefined ? {} : parsePageRef(flags.page);
      end(await perform(context, flags, (tidemark) => showRuns(context, tidemark, { ...flags, ref })));
    });
  runs
    .command('cancel')
    .description('Ends a run that goes on in any process. What it has stored stays, and the next sync completes it.')
    .argument('<run>', 'the id that `tidemark runs` shows of a run under way')
    .action(async (runId: string, _flags: object, { parent }: Command) => {
      const { json } = { ...parent?.opts<Partial<RunsFlags>>() };
      end(await perform(context, { json }, (tidemark) => cancelRun(tidemark, runId)));
    });
}

async function cancelRun({ runs }: Tidemark, runId: string): Promise<Report> {
  const run = await runs.cancel(runId);
  return { document: { run }, lines: [describeCancelled(run)], status: 0 };
}

function describeCancelled({ id, status }: RunAnswer): string {
  if (status !== 'running') return `Run ${id} has ended (${status}); what it stored stays.`;
  return `Run ${id} is asked to end: its process sees that within six seconds. If that process is dead, ask again in 20 s.`;
}

async function showRuns(
  { now, stdout }: CliContext,
  tidemark: Tidemark,
  { ref, platform, limit }: Pick<RunsFlags, 'platform' | 'limit'> & { readonly ref: PageRef },
): Promise<Report> {
  const runs = await tidemark.runs.list({ ...ref, platform, limit });
  return { document: { runs }, lines: describeRuns(runs, { nowMs: now(), columns: stdout.columns }), status: 0 };
}

function describeRuns(
  runs: readonly RunAnswer[],
  { nowMs, columns }: { readonly nowMs: number; readonly columns: number | undefined },
): readonly string[] {
  if (runs.length === 0) return ['No run is recorded yet. Start one: `tidemark sync`.'];
  return renderTable(
    [
      { title: 'started' },
      { title: 'Page' },
      { title: 'channel', omit: 2 },
      { title: 'mode' },
      { title: 'by', omit: 3 },
      { title: 'outcome' },
      { title: 'synced', align: 'right' },
      { title: 'messages', align: 'right', omit: 1 },
      { title: 'calls', align: 'right' },
      { title: 'seconds', align: 'right', omit: 1 },
      { title: 'calls and seconds by phase', omit: 4 },
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
    ]),
    { columns },
  ).concat(describeRemarks(runs));
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

/** What is too long for a column: why runs failed, and how to end those under way. */
function describeRemarks(runs: readonly RunAnswer[]): readonly string[] {
  const running = runs.filter(({ status }) => status === 'running');
  const troubles = runs.flatMap(({ pageName, pageId, mode, status, errorCode, errorMessage }) =>
    errorMessage === null
      ? []
      : [
          {
            page: pageName ?? pageId,
            what: `(${mode}) ${status}`,
            message: errorMessage,
            code: errorCode ?? undefined,
          },
        ],
  );
  const remarks = [
    ...running.map(
      ({ id, pageName, pageId }) => `${pageName ?? pageId} goes on; to end it: tidemark runs cancel ${id}`,
    ),
    ...describeTroubles(troubles),
  ];
  return remarks.length === 0 ? [] : ['', ...remarks];
}
