/**
 * The sentences in which the embedded PostgreSQL says why it could not run. What the file system, initdb and the
 * server report is put into words here; the password must never get into any of them.
 */
import { TidemarkError, isTidemarkError } from '../core/errors.ts';

export function embeddedFault(message: string, cause?: unknown): TidemarkError {
  return new TidemarkError('EMBEDDED_POSTGRES', message, cause === undefined ? {} : { cause });
}

/** The same, with the last words of the program that failed below the message. */
export function quotingFault(message: string, lines: readonly string[]): TidemarkError {
  const quoted = lines.map((line) => `\n  ${line}`).join('');
  return embeddedFault(quoted === '' ? message : `${message} The last lines of output:${quoted}`);
}

/** What a program's output means, where it is one of the faults that have an advice of their own. */
export function explainOutput(lines: readonly string[], folder: string): string | undefined {
  const text = lines.join('\n');
  if (/No space left on device|Disk quota exceeded/.test(text)) return diskFull(folder);
  if (/cannot be run as root|administrative permissions/.test(text)) {
    return 'PostgreSQL refuses to run with administrator rights. Start Tidemark as an ordinary user, or set DATABASE_URL.';
  }
  const denied = /^.*(?:Permission denied|Read-only file system).*$/m.exec(text);
  return denied ? `${notAllowed(folder)} PostgreSQL says: ${denied[0].trim()}` : undefined;
}

/** Anything thrown while the server was started or stopped, as an EMBEDDED_POSTGRES error. */
export function toEmbeddedFault(error: unknown, folder: string): TidemarkError {
  if (isTidemarkError(error)) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  const place = path ?? folder;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return embeddedFault(diskFull(place), error);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
      return embeddedFault(`${notAllowed(place)} (${code})`, error);
    default:
      return embeddedFault(
        `The embedded PostgreSQL in ${folder} failed: ${error instanceof Error ? error.message : String(error)}`,
        error,
      );
  }
}

function diskFull(place: string): string {
  return `The disk that holds ${place} is full. Free some space and start again, or set TIDEMARK_DATA_DIR to a folder on another disk.`;
}

function notAllowed(place: string): string {
  return (
    `Tidemark may not use ${place}, where its PostgreSQL lives. Run it as the user the folder belongs to, ` +
    'or set TIDEMARK_DATA_DIR to a folder it may write to.'
  );
}
