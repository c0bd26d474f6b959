/**
 * A Tidemark in memory, for tests of the doors to it: HTTP and the command line. It keeps the promises of the interface
 * that they build on and records what it was asked; it must never grow into a second engine.
 */
import type { ConversationAnswer, ListAnswer, MessageAnswer } from '../../src/api/conversations.ts';
import { DueSchema, type JobsOptions } from '../../src/api/jobs.ts';
import type { PageAnswer, RefusedPage } from '../../src/api/pages.ts';
import type { RunAnswer } from '../../src/api/runs.ts';
import { type SyncAllRow, SyncAllRowSchema, type SyncAnswer, type SyncRequest } from '../../src/api/sync.ts';
import type { Tidemark } from '../../src/api/tidemark.ts';
import type { VerifyAnswer, VerifyFailure, VerifyRequest } from '../../src/api/verify.ts';
import { toSyncAllView, toSyncRowView } from '../../src/api/views/sync-view.ts';
import { toVerifyAllView } from '../../src/api/views/verify-view.ts';
import { TidemarkError } from '../../src/core/errors.ts';
import type { EventSink } from '../../src/core/events.ts';
import type { PageRef } from '../../src/core/model.ts';
import { Secret } from '../../src/lib/secret.ts';
import {
  aFinding,
  answer,
  aSync,
  aVerify,
  BARE_CONVERSATION,
  CONVERSATION,
  FAILED_JOB,
  FAILED_ROW,
  MESSAGE,
  nameOf,
  PAGE_1,
  PAGE_2,
  REFUSED_PAGES,
  RUN,
  RUN_UNDER_WAY,
} from './answers.ts';
import { tellRun } from './tell-run.ts';

export interface MirroredThread {
  readonly conversation: ConversationAnswer;
  readonly messages: readonly MessageAnswer[];
}

export interface FakeTidemarkOptions {
  /** Connected from the start. Default: two, of which `syncAll` fails to sync the second. */
  readonly pages?: readonly PageAnswer[];
  /** The Pages that a token connects, and those that it does not. */
  readonly connect?: (token: Secret) => {
    readonly pages: readonly PageAnswer[];
    readonly refused: readonly RefusedPage[];
    readonly warnings?: readonly string[];
  };
  /** The mirror of a Page, or of all. */
  readonly mirror?: (pageId: string | undefined) => readonly MirroredThread[];
  /** What a sync answers, as far as it is not the example. */
  readonly sync?: (page: PageAnswer, request: SyncRequest) => Partial<SyncAnswer>;
  /** Rows of `syncAll`, by Facebook id, as far as they do not follow from the sync. */
  readonly rows?: Readonly<Record<string, Partial<SyncAllRow>>>;
  /** What a verify finds, or why it fails. */
  readonly verify?: (
    page: PageAnswer,
    request: VerifyRequest,
  ) => Partial<VerifyAnswer> | Pick<VerifyFailure, 'error' | 'code'>;
  readonly runs?: readonly RunAnswer[];
  readonly embeddedDatabaseUrl?: string | undefined;
  /** Told of everything that happens in any run. */
  readonly onEvent?: EventSink | undefined;
  /** Waited for by work on many Pages. */
  readonly onWork?: (() => Promise<void>) | undefined;
  /** Waited for by `syncAll` after each Page. */
  readonly onSynced?: ((page: PageAnswer) => Promise<void>) | undefined;
  /** Waited for by what lists Pages or runs. */
  readonly onRead?: (() => Promise<void>) | undefined;
  /** Told of the start of the jobs, with whom to tell of problems. */
  readonly onStart?: ((onProblem: JobsOptions['onProblem']) => void) | undefined;
}

export interface FakeTidemark extends Tidemark {
  /** What the methods were given, oldest first; not of those that only show a Page or a run. */
  readonly asked: readonly { readonly method: string; readonly given: unknown }[];
}

const THREADS: readonly MirroredThread[] = [CONVERSATION, BARE_CONVERSATION].map((conversation) => ({
  conversation,
  messages: ['m_1', 'm_0'].map((id) => ({ ...MESSAGE, id, conversationId: conversation.id })),
}));

/** `overrides` take the place of methods of the same name, as in `{ sync: async () => { throw … } }`. */
export function createFakeTidemark(overrides: Partial<Tidemark> = {}, options: FakeTidemarkOptions = {}): FakeTidemark {
  const {
    connect = () => ({ pages: [{ ...PAGE_1, name: null }], refused: REFUSED_PAGES }),
    mirror = () => THREADS,
    sync = (page, { forceFull }) => ({
      syncMode: forceFull === true || page.lastSyncedAt === null ? 'full' : 'incremental',
    }),
    rows = { [PAGE_2.facebookPageId]: FAILED_ROW },
    verify = (_page, { repair = false }) => ({
      missing: [aFinding('t_1', { repaired: repair })],
      deleted: [aFinding('t_2', { contactName: null, updatedTime: null, repaired: repair })],
    }),
    runs = [RUN, RUN_UNDER_WAY],
    onWork,
  } = options;
  const asked: { method: string; given: unknown }[] = [];
  const pages = new Map((options.pages ?? [PAGE_1, PAGE_2]).map((page) => [page.id, page]));
  let isClosed = false;

  function record(method: string, given?: unknown): void {
    if (isClosed) throw new Error(`${method} after close`);
    asked.push({ method, given });
  }

  function find(ref: PageRef): PageAnswer {
    if (isClosed) throw new Error('a Page is looked for after close');
    const [page, other] = [...pages.values()].filter(
      ({ id, facebookPageId }) => id === ref.pageId || facebookPageId === ref.facebookPageId,
    );
    if (other !== undefined) throw new TidemarkError('PAGE_IDS_DISAGREE', 'The two ids name two Pages; send one.');
    if (page !== undefined) return page;
    throw new TidemarkError('PAGE_NOT_FOUND', `No Page ${ref.pageId ?? ref.facebookPageId} is connected.`);
  }

  function findAll(refs: readonly PageRef[] | undefined): readonly PageAnswer[] {
    return refs?.map(find) ?? [...pages.values()].filter((page) => page.isActive);
  }

  function findRun(runId: string): RunAnswer {
    const run = runs.find(({ id }) => id === runId);
    if (run === undefined) throw new TidemarkError('RUN_NOT_FOUND', `No run ${runId} is recorded.`);
    return run;
  }

  function syncPage(page: PageAnswer, request: SyncRequest): SyncAnswer {
    const synced = aSync(page, sync(page, request));
    const { syncMode: mode, total: listed, graphCalls, eventsCreated, durationMs } = synced;
    const counts = { synced: synced.synced, inserted: synced.inserted, updated: synced.updated };
    const { trigger, onEvent } = request;
    tellRun({
      page,
      mode,
      trigger,
      listed,
      counts: { ...counts, graphCalls, eventsCreated },
      durationMs,
      sinks: [options.onEvent, onEvent],
    });
    return synced;
  }

  function verifyPage(page: PageAnswer, request: VerifyRequest): VerifyAnswer | VerifyFailure {
    const found = verify(page, request);
    if ('error' in found) return { success: false, ...nameOf(page), ...found };
    const verified = aVerify(page, found);
    const { total: listed, durationMs } = verified;
    tellRun({
      page,
      mode: 'verify',
      trigger: request.trigger,
      listed,
      durationMs,
      sinks: [options.onEvent, request.onEvent],
    });
    return verified;
  }

  const close = async (): Promise<void> => {
    isClosed = true;
  };

  return {
    asked,
    embeddedDatabaseUrl: options.embeddedDatabaseUrl,
    pages: {
      async list() {
        if (isClosed) throw new Error('pages.list after close');
        await options.onRead?.();
        return [...pages.values()];
      },
      find: async (ref) => find(ref),
      async token(pageId) {
        find({ pageId });
        return new Secret('EAAthisPagesToken');
      },
      async connect(given) {
        const token = typeof given === 'string' ? new Secret(given) : given;
        record('connect', token);
        const { pages: shown, ...rest } = connect(token);
        for (const page of shown) pages.set(page.id, page);
        const connected = shown.map(({ id, facebookPageId, name, status }) => ({ id, facebookPageId, name, status }));
        return { connected, ...rest };
      },
      async setActive(pageId, isActive) {
        const page: PageAnswer = { ...find({ pageId }), isActive, status: isActive ? 'connected' : 'paused' };
        record('setActive', `${pageId} ${isActive}`);
        pages.set(pageId, page);
        return page;
      },
      async holdings(pageId) {
        find({ pageId });
        const threads = mirror(pageId);
        return { conversations: threads.length, messages: threads.flatMap(({ messages }) => messages).length };
      },
      async remove(pageId) {
        find({ pageId });
        record('remove', pageId);
        pages.delete(pageId);
      },
    },
    conversations: {
      async list(query) {
        record('conversations.list', query);
        const { pageId, platform } = query;
        const found = mirror(pageId).map(({ conversation }) => conversation);
        return cut(
          found.filter((one) => platform === undefined || one.platform === platform),
          query,
        );
      },
      async messages(query) {
        record('conversations.messages', query);
        const thread = mirror(query.pageId).find(({ conversation }) => conversation.id === query.conversationId);
        if (thread === undefined) {
          throw new TidemarkError('CONVERSATION_NOT_FOUND', 'No such conversation is in the mirror.');
        }
        // Two at a time, so that whoever reads has to follow the cursor.
        return cut(thread.messages, { ...query, limit: Math.min(query.limit ?? 2, 2) });
      },
    },
    runs: {
      async list(query) {
        record('runs.list', query);
        await options.onRead?.();
        return runs;
      },
      find: async (runId) => findRun(runId),
      async cancel(runId) {
        const run = findRun(runId);
        record('cancel', runId);
        // A cancelled one stands for a run of this process, which ends at once.
        if (run.status === 'running' || run.status === 'cancelled') return run;
        throw new TidemarkError('RUN_ENDED', `Run ${runId} has ended already (${run.status}).`);
      },
      async *watch(runId) {
        yield findRun(runId);
      },
    },
    async sync(request) {
      record('sync', request);
      return syncPage(find(request), request);
    },
    async syncAll(request) {
      const chosen = findAll(request.pages);
      record('syncAll', request);
      await onWork?.();
      const results: SyncAllRow[] = [];
      for (const page of chosen) {
        if (isClosed) throw new Error('closed in the middle of syncAll');
        const row = toSyncRowView(syncPage(page, request));
        results.push(answer(SyncAllRowSchema, { ...row, ...rows[page.facebookPageId] }));
        await options.onSynced?.(page);
      }
      return toSyncAllView(results, 1_000);
    },
    async verify(request) {
      record('verify', request);
      const verified = verifyPage(find(request), request);
      if (verified.success) return verified;
      throw new TidemarkError('TOKEN_EXPIRED', verified.error);
    },
    async verifyAll(request) {
      const chosen = findAll(request.pages);
      record('verifyAll', request);
      await onWork?.();
      return toVerifyAllView(chosen.map((page) => verifyPage(page, request)));
    },
    async estimateDeepVerify() {
      return { conversations: 2000, messages: 16_000, graphCalls: 34, durationMs: 17_000 };
    },
    async collectHistory(request) {
      record('collectHistory', request);
      return { results: [], totalEvents: 0, totalCalls: 0 };
    },
    jobs: {
      async start({ worker, schedule, onProblem }) {
        record('jobs.start', { worker, schedule });
        options.onStart?.(onProblem);
      },
      stop: () => record('jobs.stop'),
      enqueue: async () => 0,
      failed: async () => [FAILED_JOB],
      async retry(which) {
        record('jobs.retry', which);
        if (which.pageId !== undefined) find(which);
        return 1;
      },
      async runDue(request) {
        record('jobs.runDue', request);
        return answer(DueSchema);
      },
    },
    webhooks: {
      handshake({ token, challenge }) {
        if (token === 'the word') return challenge;
        throw new TidemarkError('WEBHOOK_HANDSHAKE', 'The handshake repeats another word.');
      },
      async receive({ body, signature }) {
        record('webhooks.receive', { body: Buffer.from(body).toString('latin1'), signature });
      },
      apply: async () => record('webhooks.apply'),
    },
    checkReady: async () => record('checkReady'),
    close,
    [Symbol.asyncDispose]: close,
    ...overrides,
  };
}

function cut<T>(
  items: readonly T[],
  query: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
): ListAnswer<T> {
  const start = Number(query.cursor ?? 0);
  const end = start + (query.limit ?? 50);
  return { items: items.slice(start, end), nextCursor: end < items.length ? String(end) : null };
}
