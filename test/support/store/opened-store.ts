/**
 * A migrated database with the store's own ports on it, for tests of the store: Pages without Facebook, leases, and
 * conversations out of nothing. For tests only.
 */
import { randomBytes } from 'node:crypto';
import { expect, onTestFinished } from 'vitest';
import { openMigratedDatabase } from '../world.ts';
import type { PostgresVersion } from '../postgres.ts';
import type { CollectedConversation, ConversationSnapshot, Lease, MessageSnapshot } from '../../../src/core/model.ts';
import type { BeginRequest, BegunRun, RunStore, SyncOutcome, WalkStore } from '../../../src/core/store-ports.ts';
import { NO_COUNTS } from '../../../src/core/model.ts';
import { must } from '../../../src/lib/must.ts';
import { connect, type Database, type Row } from '../../../src/store/connect.ts';
import { openRunStore } from '../../../src/store/run-store.ts';
import { openWalkStore } from '../../../src/store/walk-store.ts';

export interface OpenedStore {
  readonly url: string;
  readonly database: Database;
  /** The ledger as one process sees it. */
  readonly ledger: RunStore;
  /** Makes a Page that nobody else uses; answers its id. */
  addPage(): Promise<string>;
  /** Begins a run of a new Page, or of the one given. */
  begin(request?: Partial<BeginRequest>): Promise<BegunRun & { readonly store: WalkStore }>;
  /** Lets a lease run out, as if its holder had been silent for long. */
  expire(lease: Lease): Promise<void>;
  /** The first row of an answer. */
  one<R extends Row>(sql: string, values?: readonly unknown[]): Promise<R>;
}

/** Closed and dropped when the test that opened it, or the suite whose `beforeAll` did, has ended. */
export async function openStoreForTest(version: PostgresVersion): Promise<OpenedStore & AsyncDisposable> {
  const { url, drop } = await openMigratedDatabase(version);
  const database = connect({ connectionString: url, maxConnections: 20 });
  const ledger = openRunStore(database, crypto.randomUUID());

  const opened: OpenedStore = {
    url,
    database,
    ledger,
    async addPage() {
      const [row] = await database.query<{ id: string }>(
        'INSERT INTO facebook_pages (facebook_page_id, name) VALUES ($1, $2) RETURNING id',
        [randomBytes(6).toString('hex'), 'Harbour Café'],
      );
      return must(row, 'it was just made').id;
    },
    async begin(request = {}) {
      const run = await ledger.begin(await toBeginRequest(opened, request));
      if (run?.kind !== 'begun') throw new Error(`No run was begun: ${JSON.stringify(run)}`);
      return { ...run, store: openWalkStore(database, run.lease) };
    },
    async expire({ pageId, platform }) {
      await database.query(
        `UPDATE facebook_sync_state SET lease_expires_at = now() - interval '1 second'
         WHERE page_id = $1 AND platform = $2`,
        [pageId, platform],
      );
    },
    async one<R extends Row>(sql: string, values: readonly unknown[] = []) {
      const [row] = await database.query<R>(sql, values);
      return must(row, 'the question has an answer');
    },
  };
  return {
    ...opened,
    async [Symbol.asyncDispose]() {
      await database.close();
      await drop();
    },
  };
}

export async function toBeginRequest(
  store: Pick<OpenedStore, 'addPage'>,
  request: Partial<BeginRequest>,
): Promise<BeginRequest> {
  return {
    purpose: 'sync',
    pageId: request.pageId ?? (await store.addPage()),
    platform: 'messenger',
    runId: crypto.randomUUID(),
    forced: false,
    trigger: 'library',
    insteadOf: undefined,
    ...request,
  };
}

/** A connection that works at its own pace beside the pool, ended with the test. */
export function connectAside(url: string): Database {
  const database = connect({ connectionString: url, maxConnections: 1 });
  onTestFinished(() => database.close());
  return database;
}

/** Resolves when so many statements in the database wait for a lock. */
export async function untilWaiting({ database }: Pick<OpenedStore, 'database'>, count: number): Promise<void> {
  const waiting = async () =>
    (
      await database.query(
        `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
    ).length;
  await expect.poll(waiting, { timeout: 20_000, interval: 20 }).toBe(count);
}

const AT = Date.UTC(2026, 0, 15, 9, 30);

/** A message as Facebook would show it: `raw` says what the other fields say. */
export function message(id: string, fields: Partial<MessageSnapshot> = {}): MessageSnapshot {
  const { text = `Text of ${id}`, createdAt = AT } = fields;
  return {
    id,
    createdAt,
    from: { id: 'contact', name: 'Ada', username: undefined, email: undefined },
    direction: 'inbound',
    text,
    attachments: [],
    reactions: [],
    replyTo: undefined,
    raw: { id, message: text, created_time: createdAt },
    ...fields,
  };
}

/** A conversation as Facebook would show it, without its messages. */
export function snapshot(id: string, fields: Partial<ConversationSnapshot> = {}): ConversationSnapshot {
  const { updatedAt = AT, snippet = 'Hello', messageCount = 1, contact } = fields;
  return {
    id,
    updatedAt,
    messageCount,
    unreadCount: 0,
    snippet,
    link: `/inbox/${id}`,
    participants: [],
    contact: { id: 'contact', name: 'Ada', username: undefined, email: undefined },
    messages: undefined,
    raw: { id, updated_time: updatedAt, message_count: messageCount, snippet, contact: contact?.name },
    ...fields,
  };
}

/** A conversation with these messages, newest first, collected down to its beginning. */
export function collected(
  shown: ConversationSnapshot,
  messages: readonly MessageSnapshot[] = [message(`m_${shown.id}`)],
): CollectedConversation {
  const points = messages.map(({ id, createdAt }) => ({ id, createdAt }));
  const [newest] = points;
  const oldest = points.at(-1);
  return {
    snapshot: shown,
    messages,
    range: newest !== undefined && oldest !== undefined ? { newest, oldest } : undefined,
    olderCursor: undefined,
    historyComplete: true,
    collected: true,
  };
}

/** A conversation as a light listing shows it. */
export function light(shown: ConversationSnapshot): CollectedConversation {
  return { ...collected(shown, []), range: undefined, historyComplete: false, collected: false };
}

export function outcome(fields: Partial<SyncOutcome> = {}): SyncOutcome {
  return {
    startedAt: AT,
    end: { kind: 'complete', watermark: AT },
    nestedLimit: 100,
    counts: NO_COUNTS,
    listed: 0,
    ...fields,
  };
}
