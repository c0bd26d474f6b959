/** One run of the benchmark as a document: what it ran on, and its rows. What people read is made from it. */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { renderTable } from '../src/cli/table.ts';
import { type Cost, type Row, toVerdict, type Unit, type Verdict } from './rows.ts';

export interface Report {
  readonly startedAt: string;
  readonly machine: string;
  readonly database: string;
  /** Of the last minute, when the run began: a busy machine spoils every figure. */
  readonly loadBefore: number;
  readonly rows: readonly (Row & { readonly verdict: Verdict })[];
}

export function beginReport(database: string): Omit<Report, 'rows'> {
  const memory = Math.round(totalmem() / 2 ** 30);
  return {
    startedAt: new Date().toISOString(),
    machine: `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${memory} GiB, Node ${process.versions.node}`,
    database,
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

export function withVerdicts(rows: readonly Row[]): Report['rows'] {
  return rows.map((row) => ({ ...row, verdict: toVerdict(row) }));
}

/** Lines for people. */
export function renderReport(report: Report): string[] {
  const columns = [
    { title: 'what' },
    { title: 'claim', align: 'right' },
    { title: 'before', align: 'right' },
    { title: 'bound', align: 'right' },
    { title: 'Tidemark', align: 'right' },
    { title: 'calls', align: 'right' },
    { title: 'target' },
    { title: '' },
    { title: 'and' },
  ] as const;
  const rows = report.rows.map((row) => [
    row.name,
    row.claim,
    toFigure(row.before, row.unit),
    toFigure(row.bound, row.unit),
    toFigure(row.measured, row.unit),
    row.measured.calls?.toLocaleString('en-US') ?? '',
    toTarget(row),
    row.verdict,
    row.notes,
  ]);
  const { startedAt, machine, database, loadBefore } = report;
  return [`${startedAt} · ${machine} · ${database} · load ${loadBefore}`, '', ...renderTable(columns, rows)];
}

/** `0.43 s`, `11.7 s`, `0.38 of COPY`; empty for undefined. */
export function toFigure(cost: Cost | undefined, unit: Unit): string {
  if (cost === undefined) return '';
  return `${cost.value.toFixed(cost.value < 10 ? 2 : 1)} ${unit}`;
}

function toTarget({ target, unit }: Row): string {
  if (target === undefined) return '';
  const calls = target.calls === undefined ? '' : `, ${target.calls} call${target.calls === 1 ? '' : 's'}`;
  const of = target.of === undefined ? '' : ` (${target.of})`;
  return `${unit === 'of COPY' ? '≥' : '≤'} ${toFigure(target, unit)}${calls}${of}`;
}
