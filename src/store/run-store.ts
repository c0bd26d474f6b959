/** Who may walk, across all processes, and what became of it: the runs as those who do them need them. */
import type { RunStore } from '../core/store-ports.ts';
import type { Database } from './connect.ts';
import { failRun, noteProgress } from './end-run.ts';
import { beginRun, findRunState, renewLease } from './leases.ts';

/** `processId` tells our own calls from those of other processes. */
export function openRunStore(database: Database, processId: string): RunStore {
  return {
    begin: (request) => beginRun(database, request, processId),
    renew: (lease) => renewLease(database, lease),
    note: (lease, progress) => noteProgress(database, lease, progress),
    fail: (lease, failure) => failRun(database, lease, failure),
    stateOf: (runId) => findRunState(database, runId),
  };
}
