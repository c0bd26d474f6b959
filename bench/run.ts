/**
 * `npm run bench`: measures what Tidemark promises, each figure beside the claim, a plain nested walk, and what is
 * possible at all, out of one run. Ends with 1 when a target is missed. Keep the machine quiet meanwhile.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { renderChart } from './chart.ts';
import { openDatabases } from './databases.ts';
import { showProgress } from './progress.ts';
import { beginReport, type Report, renderReport, withVerdicts } from './report.ts';
import type { Row } from './rows.ts';
import { FULL, type Scenario, TINY } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

const HELP = `npm run bench -- [options]
  --list               names the scenarios
  --only NAME          runs this one; may be given several times
  --json FILE          writes the run as JSON as well
  --chart FILE         and as a picture (SVG)
  --tiny               shows that it works, in a world too small to say anything
  --database-url URL   runs on this server instead of the embedded PostgreSQL; needs the right to make databases`;

const { values: flags } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    chart: { type: 'string' },
    tiny: { type: 'boolean', default: false },
    'database-url': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const unknown = flags.only.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
if (flags.help) {
  console.log(HELP);
} else if (flags.list) {
  for (const { name, title, onlyWhenNamed } of SCENARIOS) {
    console.log(`${name.padEnd(18)}${title}${onlyWhenNamed === true ? ' (only when named)' : ''}`);
  }
} else if (unknown === undefined) {
  const report = await measure(SCENARIOS.filter(isChosen));
  console.log(renderReport(report).join('\n'));
  if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (flags.chart !== undefined) await writeFile(flags.chart, renderChart(report));
  if (!flags.tiny && report.rows.some(({ verdict }) => verdict === 'missed')) process.exitCode = 1;
} else {
  console.error(`There is no scenario ${unknown}; --list names them.`);
  process.exitCode = 2;
}

function isChosen({ name, onlyWhenNamed }: Scenario): boolean {
  return flags.only.length === 0 ? onlyWhenNamed !== true : flags.only.includes(name);
}

async function measure(scenarios: readonly Scenario[]): Promise<Report> {
  await using databases = await openDatabases(flags['database-url']);
  const report = beginReport(databases.description);
  const rows: Row[] = [];
  using progress = showProgress(process.stderr, scenarios.length);
  for (const scenario of scenarios) {
    progress.begin(scenario.title);
    const size = flags.tiny ? TINY : FULL;
    for await (const row of scenario.run({ databases, size, note: progress.note })) rows.push(row);
    progress.end();
  }
  return { ...report, rows: withVerdicts(rows) };
}
