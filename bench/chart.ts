/** A run of the benchmark as a picture: for every row in seconds, how long it took before, what is possible, what it takes. */
import { toFigure, type Report } from './report.ts';
import type { Cost, Row } from './rows.ts';

const WIDTH = 960;
const LABEL_WIDTH = 330;
const BAR_HEIGHT = 16;
const ROW_HEIGHT = 3 * BAR_HEIGHT + 22;
const TOP = 70;
const FIGURE_ROOM = 90;

const SERIES: readonly {
  readonly title: string;
  readonly colour: string;
  readonly of: (row: Row) => Cost | undefined;
}[] = [
  { title: 'plain nested walk', colour: '#d9a06b', of: (row) => row.before },
  { title: 'Tidemark', colour: '#1f6fb2', of: (row) => row.measured },
  { title: 'bound', colour: '#a9bccb', of: (row) => row.bound },
];

/** Bars end here, and say so with their figure: one very slow row must not flatten all others. */
const LONGEST_SECONDS = 25;

export function renderChart(report: Report): string {
  const rows = report.rows.filter((row) => row.unit === 's');
  const scale = (WIDTH - LABEL_WIDTH - FIGURE_ROOM) / LONGEST_SECONDS;
  const height = TOP + rows.length * ROW_HEIGHT + 10;
  const bars = rows.flatMap((row, index) => {
    const y = TOP + index * ROW_HEIGHT;
    const label = `<text x="${LABEL_WIDTH - 14}" y="${y + 1.5 * BAR_HEIGHT + 5}" text-anchor="end" fill="#0f3557">${escape(row.name)}</text>`;
    return [
      label,
      ...SERIES.flatMap((series, place) =>
        toBar(series.of(row), { y: y + place * BAR_HEIGHT, scale, colour: series.colour }),
      ),
    ];
  });
  const legend = SERIES.map(
    ({ title, colour }, index) =>
      `<rect x="${LABEL_WIDTH + index * 170}" y="26" width="14" height="14" rx="3" fill="${colour}"/>` +
      `<text x="${LABEL_WIDTH + 20 + index * 170}" y="38" fill="#0f3557">${title}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="Seconds that syncs take, before and with Tidemark, beside what is possible.">`,
    `  <rect width="${WIDTH}" height="${height}" rx="14" fill="#f6f9fc"/>`,
    `  <text x="24" y="38" font-size="16" font-weight="600" fill="#0f3557">Seconds, less is better</text>`,
    ...[...legend, ...bars].map((line) => `  ${line}`),
    '</svg>',
    '',
  ].join('\n');
}

interface Place {
  readonly y: number;
  readonly scale: number;
  readonly colour: string;
}

function toBar(cost: Cost | undefined, { y, scale, colour }: Place): string[] {
  if (cost === undefined) return [];
  const isCut = cost.value > LONGEST_SECONDS;
  const width = Math.max(2, Math.min(cost.value, LONGEST_SECONDS) * scale);
  return [
    `<rect x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT - 2}" rx="3" fill="${colour}"/>`,
    `<text x="${(LABEL_WIDTH + width + 6).toFixed(1)}" y="${y + BAR_HEIGHT - 4}" font-size="11" fill="#41586d">${isCut ? '… ' : ''}${toFigure(cost, 's')}</text>`,
  ];
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
