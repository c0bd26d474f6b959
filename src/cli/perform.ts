/** A command that asks Tidemark for one thing and prints what came of it, as lines or as the one JSON document. */
import type { Tidemark } from '../api/tidemark.ts';
import type { CliContext, ExitStatus } from './context.ts';
import { printJson, printLines } from './print.ts';
import { loadSettings, openSession } from './session.ts';
import { listenForStop, printStopped, Stopped, unlessStopped } from './stop-signal.ts';

export interface JsonFlag {
  readonly json?: true | undefined;
}

export interface PerformFlags extends JsonFlag {
  /** Whether it may be the first that a database sees of Tidemark. Default: false. */
  readonly makesTables?: boolean;
}

/** What a command did: as JSON, in lines, and whether it worked. */
export interface Report {
  readonly document: object;
  readonly lines: readonly string[];
  readonly status: ExitStatus;
}

export const JSON_HELP = 'print the answer as one JSON document';

export async function perform(
  context: CliContext,
  flags: PerformFlags,
  work: (tidemark: Tidemark) => Promise<Report>,
): Promise<ExitStatus> {
  using stop = listenForStop(context);
  await using session = await openSession(context, loadSettings(context), { looksOnly: !flags.makesTables });
  const report = await unlessStopped(stop, work(session.tidemark));
  if (report instanceof Stopped) {
    if (flags.json) printStopped(context);
    return report.status;
  }
  if (flags.json) printJson(context, { success: report.status === 0, ...report.document });
  else printLines(context, report.lines);
  return report.status;
}
