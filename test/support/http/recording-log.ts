/** For tests of the HTTP API: a log that remembers. */
import { inspect } from 'node:util';
import type { HttpLog } from '../../../src/http/log.ts';

export interface LogLine {
  readonly level: keyof HttpLog;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface RecordingLog extends HttpLog {
  readonly lines: readonly LogLine[];
  /** All that was logged, causes included, as one text to search for what must not be there. */
  text(): string;
}

export function createRecordingLog(): RecordingLog {
  const lines: LogLine[] = [];
  const at = (level: keyof HttpLog) => (fields: LogLine['fields'], message: string) => {
    lines.push({ level, fields, message });
  };
  return {
    lines,
    text: () => inspect(lines, { depth: 10 }),
    debug: at('debug'),
    warn: at('warn'),
    error: at('error'),
  };
}
