/** `tidemark runs`: what was synced when, by whom, and with what outcome. */
import { wholeNumber } from '../../config/kinds.ts';
import type { RunAnswer } from '../../core/api/runs.ts';
import { argument } from '../argument.ts';
import type { ExitStatus, Outside } from '../outside.ts';
import { parsePageRef } from '../page-ref.ts';
import { printJson, printLines } from '../print.ts';
import type { Registration } from '../registration.ts';
import { loadSettings, openSession } from '../session.ts';
import { renderTable } from '../table.ts';
import { toAgo, toFigure, toSeconds } from '../words.ts';

interface RunsFlags {
  readonly page?: string;
  readonly limit: number;
  readonly json?: true;
}

export function addRunsCommand({ program, outside, end }: Registration): void {
  program
    .command('runs')
    .description('Shows the latest runs, newest first.')
    .option('--page <page>', 'only those of one Page, by its uuid or its Facebook Page id')
    .option('--limit <number>', 'how many', argument(wholeNumber({ min: 1, max: 200 })), 20)
    .option('--json', 'print them as one JSON document')
    .action(async (flags: RunsFlags) => end(await showRuns(outside, flags)));
}

async function showRuns(outside: Outside, flags: RunsFlags): Promise<ExitStatus> {
  const ref = flags.page === undefined ? {} : parsePageRef(flags.page);
  await using session = await openSession(outside, loadSettings(outside));
  const runs = await session.tidemark.runs.list({ ...ref, limit: flags.limit });
  if (flags.json) printJson(outside, { success: true, runs });
  else printLines(outside, describeRuns(runs, outside.now()));
  return 0;
}

function describeRuns(runs: readonly RunAnswer[], nowMs: number): readonly string[] {
  if (runs.length === 0) return ['No run is recorded yet. Start one: `tidemark sync`.'];
  return renderTable(
    [
      ...['started', 'Page', 'mode', 'by', 'outcome'].map((title) => ({ title })),
      ...['synced', 'messages', 'calls', 'seconds'].map((title) => ({ title, align: 'right' }) as const),
      { title: 'error' },
    ],
    runs.map((run) => [
      toAgo(run.startedAt, nowMs),
      run.pageName ?? run.pageId,
      run.mode,
      run.trigger,
      run.status,
      toFigure(run.synced),
      toFigure(run.eventsCreated),
      toFigure(run.graphCalls),
      run.finishedAt === null ? '' : toSeconds(Date.parse(run.finishedAt) - Date.parse(run.startedAt)),
      run.errorMessage === null ? '' : `${run.errorMessage} (${run.errorCode ?? 'no code'})`,
    ]),
  );
}
