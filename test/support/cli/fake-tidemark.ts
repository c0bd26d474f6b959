/**
 * A Tidemark in memory for tests of the command line: it mirrors a small world at once. It plays the port's part
 * only; what syncing really means is not its business.
 */
import type { PageAnswer } from '../../../src/api/pages.ts';
import type { PageRef } from '../../../src/core/model.ts';
import type { RunAnswer } from '../../../src/api/runs.ts';
import type { SyncAllRow } from '../../../src/api/sync.ts';
import type { JobsOptions } from '../../../src/api/jobs.ts';
import type { Tidemark } from '../../../src/api/tidemark.ts';
import type { VerifyAnswer, VerifyFailure } from '../../../src/api/verify.ts';
import { TidemarkError } from '../../../src/core/errors.ts';
import { NO_COUNTS } from '../../../src/core/model.ts';
import type { Secret } from '../../../src/lib/secret.ts';
import type { EngineOptions, EngineSettings, SimulatedConversation } from '../../../src/cli/outside.ts';

export interface FakeWorld {
  /** Pages by Facebook id, with everything in them. */
  readonly pages: Map<string, { readonly name: string; readonly conversations: SimulatedConversation[] }>;
}

export interface FakeTidemark extends Tidemark {
  readonly settings: EngineSettings;
  /** Names of the methods that were called, with what mattered. */
  readonly calls: readonly string[];
  readonly isClosed: boolean;
}

export interface FakeTidemarkOptions {
  readonly world: FakeWorld;
  readonly settings: EngineSettings;
  readonly options: EngineOptions;
  /** Facebook ids of the Pages that are connected from the start. */
  readonly connected?: readonly string[];
  /** Rows as the engine would give them for these Facebook ids. */
  readonly rows?: Readonly<Record<string, Partial<SyncAllRow>>>;
  /** What verifying the Pages with these Facebook ids finds, or why it fails. */
  readonly verifies?: Readonly<Record<string, Partial<VerifyAnswer> | Pick<VerifyFailure, 'error' | 'code'>>>;
  readonly runs?: readonly RunAnswer[];
  /** Lets the mirror lose this message. */
  readonly lostMessage?: string | undefined;
  readonly onSync?: () => Promise<void>;
  /** Told of the start of the jobs, with whom to tell of problems. */
  readonly onStart?: (onProblem: JobsOptions['onProblem']) => void;
}

export const LAST_SYNC = '2026-01-02T03:04:05.000Z';

export function pageIdOf(facebookPageId: string): string {
  return `00000000-0000-4000-8000-${facebookPageId.padStart(12, '0')}`;
}

export function createFakeTidemark(input: FakeTidemarkOptions): FakeTidemark {
  const { world, settings, options, connected = [], rows = {}, verifies = {} } = input;
  const pages = new Map(connected.map((id) => [pageIdOf(id), toPage(world, id)]));
  const mirror = new Map<string, readonly SimulatedConversation[]>();
  const calls: string[] = [];
  let isClosed = false;

  const find = ({ pageId, facebookPageId }: PageRef): PageAnswer => {
    if (isClosed) throw new Error('a read after close');
    const found = [...pages.values()].find((page) => page.id === pageId || page.facebookPageId === facebookPageId);
    if (found === undefined)
      throw new TidemarkError('PAGE_NOT_FOUND', `No Page ${pageId ?? facebookPageId} is connected.`);
    return found;
  };

  const close = async (): Promise<void> => {
    isClosed = true;
  };

  return {
    settings,
    calls,
    get isClosed() {
      return isClosed;
    },
    embeddedDatabaseUrl:
      settings.databaseUrl === undefined ? 'postgresql://postgres:local@127.0.0.1:5/tidemark' : undefined,
    pages: {
      async list() {
        if (isClosed) throw new Error('a read after close');
        return [...pages.values()];
      },
      find: async (ref) => find(ref),
      async connect(token: Secret) {
        calls.push(`connect ${token.reveal()}`);
        if (token.reveal() === 'powerless') {
          return { connected: [], refused: [{ facebookPageId: '9', name: 'Page 9', reason: 'No MESSAGING task.' }] };
        }
        for (const id of world.pages.keys()) pages.set(pageIdOf(id), toPage(world, id));
        return { connected: [...pages.values()], refused: [] };
      },
      async setActive(pageId, isActive) {
        calls.push(`setActive ${pageId} ${isActive}`);
        const page = { ...find({ pageId }), isActive };
        pages.set(pageId, page);
        return page;
      },
      async remove(pageId) {
        calls.push(`remove ${pageId}`);
        pages.delete(pageId);
      },
    },
    conversations: {
      async list({ pageId = '' }) {
        return { items: (mirror.get(pageId) ?? []).map(({ id }) => ({ id }) as never), nextCursor: null };
      },
      async messages({ pageId = '', conversationId, cursor }) {
        if (isClosed) throw new Error('a read after close');
        const ids = mirror.get(pageId)?.find(({ id }) => id === conversationId)?.messageIds ?? [];
        const at = Number(cursor ?? 0);
        // Two at a time, so that whoever reads has to follow the cursor.
        const items = ids.slice(at, at + 2).filter((id) => id !== input.lostMessage);
        return { items: items.map((id) => ({ id }) as never), nextCursor: at + 2 < ids.length ? String(at + 2) : null };
      },
    },
    runs: {
      list: async () => input.runs ?? [],
      find: async (runId) => {
        throw new TidemarkError('RUN_NOT_FOUND', `No run ${runId}.`);
      },
      cancel: async (runId) => {
        calls.push(`cancel ${runId}`);
        const run = input.runs?.find(({ id }) => id === runId);
        if (run === undefined) throw new TidemarkError('RUN_NOT_FOUND', `No run ${runId}.`);
        return run;
      },
      watch: () => {
        throw new Error('The command line watches no run.');
      },
    },
    verify: async () => {
      throw new Error('The command line verifies with verifyAll only.');
    },
    verifyAll: async (request) => {
      const { pages: named, repair, maxDurationMs, trigger } = request;
      if (isClosed) throw new Error('verifyAll after close');
      const chosen = named?.map(find) ?? [];
      const asked = { pages: chosen.map((page) => page.facebookPageId), repair, maxDurationMs, trigger };
      calls.push(`verifyAll ${JSON.stringify(asked)}`);
      await input.onSync?.();
      const results = chosen.map((page) => {
        const total = world.pages.get(page.facebookPageId)?.conversations.length ?? 0;
        for (const sink of [options.onEvent, request.onEvent ?? (() => undefined)]) {
          const run = { runId: 'run-1', page: { ...page, name: page.name ?? undefined }, mode: 'verify' } as const;
          sink({ ...run, type: 'run-started', trigger: trigger ?? 'library', cutAt: undefined });
          sink({ ...run, type: 'list-surveyed', listed: total, differing: 0 });
          sink({ ...run, type: 'run-finished', status: 'succeeded', counts: NO_COUNTS, durationMs: 500 });
        }
        return toVerifyRow(page, { total, ...verifies[page.facebookPageId] });
      });
      return { success: results.every((row) => row.success), totalPages: results.length, results, message: 'done' };
    },
    jobs: {
      async start({ worker, schedule, onProblem }) {
        calls.push(`jobs.start ${JSON.stringify({ worker, schedule })}`);
        input.onStart?.(onProblem);
      },
      stop: () => void calls.push('jobs.stop'),
      enqueue: async () => 0,
      failed: async () => [],
      retry: async () => 0,
      runDue: async () => {
        throw new Error('The command line leaves what is due to the jobs.');
      },
    },
    sync: async () => {
      throw new Error('The command line syncs with syncAll only.');
    },
    async collectHistory({ pages: named, maxDurationMs }) {
      const asked = { pages: named?.map(find).map((page) => page.facebookPageId), maxDurationMs };
      calls.push(`collectHistory ${JSON.stringify(asked)}`);
      return { results: [], totalEvents: 0, totalCalls: 0 };
    },
    async syncAll(request) {
      const { pages: named, forceFull = false, maxDurationMs, trigger } = request;
      if (isClosed) throw new Error('syncAll after close');
      calls.push(
        `syncAll ${JSON.stringify({ pages: named?.map(find).map((page) => page.facebookPageId), forceFull, maxDurationMs, trigger })}`,
      );
      await input.onSync?.();
      if (isClosed) throw new Error('closed in the middle of syncAll');
      const chosen = named?.map(find) ?? [...pages.values()].filter((page) => page.isActive);
      const results = chosen.map((page) => {
        const truth = world.pages.get(page.facebookPageId)?.conversations ?? [];
        const before = mirror.get(page.id);
        const known = new Set(before?.flatMap(({ messageIds }) => messageIds));
        const fresh = truth.filter(({ messageIds }) => messageIds.some((id) => !known.has(id)));
        const counts = {
          ...NO_COUNTS,
          synced: fresh.length,
          inserted: fresh.length,
          eventsCreated: fresh.flatMap(({ messageIds }) => messageIds).filter((id) => !known.has(id)).length,
          graphCalls: 2,
        };
        mirror.set(page.id, structuredClone(truth));
        const mode = before === undefined || forceFull ? 'full' : 'incremental';
        for (const sink of [options.onEvent, request.onEvent ?? (() => undefined)]) {
          const run = { runId: 'run-1', page: { ...page, name: page.name ?? undefined }, mode } as const;
          sink({ ...run, type: 'run-started', trigger: trigger ?? 'library', cutAt: undefined });
          sink({ ...run, type: 'list-surveyed', listed: truth.length, differing: fresh.length });
          sink({ ...run, type: 'batch-committed', counts });
          sink({ ...run, type: 'run-finished', status: 'succeeded', counts, durationMs: 500 });
        }
        const row: SyncAllRow = {
          pageId: page.id,
          facebookPageId: page.facebookPageId,
          pageName: page.name,
          success: true,
          syncMode: mode,
          synced: counts.synced,
          inserted: counts.inserted,
          updated: 0,
          eventsCreated: counts.eventsCreated,
          graphCalls: 2,
          status: 'succeeded',
          durationMs: 500,
        };
        return Object.assign(row, rows[page.facebookPageId]);
      });
      const sum = (field: 'synced' | 'inserted' | 'updated' | 'eventsCreated') =>
        results.reduce((total, row) => total + row[field], 0);
      const successCount = results.filter((row) => row.success).length;
      return {
        success: true,
        totalPages: results.length,
        results,
        totals: {
          totalSynced: sum('synced'),
          totalInserted: sum('inserted'),
          totalUpdated: sum('updated'),
          totalEvents: sum('eventsCreated'),
          successCount,
          failureCount: results.length - successCount,
        },
        message: 'done',
        durationMs: 1_000,
        duration: '1.00s',
      };
    },
    async checkReady() {
      calls.push('checkReady');
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function toVerifyRow(
  page: PageAnswer,
  found: Partial<VerifyAnswer> | Pick<VerifyFailure, 'error' | 'code'>,
): VerifyAnswer | VerifyFailure {
  const named = { pageId: page.id, facebookPageId: page.facebookPageId, pageName: page.name };
  if ('error' in found) return { ...named, success: false, error: found.error, code: found.code };
  const { missing = [], stale = [], deleted = [] } = found as Partial<VerifyAnswer>;
  const all = [...missing, ...stale, ...deleted];
  return {
    ...named,
    success: true,
    runId: 'run-1',
    missing,
    stale,
    deleted,
    repaired: all.filter((finding) => finding.repaired).length,
    counts: {
      missing: missing.length,
      stale: stale.length,
      deleted: deleted.length,
      shouldHaveBeenMet: all.filter((finding) => finding.shouldHaveBeenMet).length,
    },
    undecided: null,
    complete: true,
    total: 0,
    status: 'succeeded',
    graphCalls: 2,
    durationMs: 500,
    duration: '0.50s',
    message: 'done',
    ...found,
  };
}

function toPage(world: FakeWorld, facebookPageId: string): PageAnswer {
  return {
    id: pageIdOf(facebookPageId),
    facebookPageId,
    name: world.pages.get(facebookPageId)?.name ?? null,
    isActive: true,
    status: 'connected',
    statusDetail: null,
    instagramAccountId: null,
    lastSyncedAt: LAST_SYNC,
    createdAt: LAST_SYNC,
    updatedAt: LAST_SYNC,
  };
}
