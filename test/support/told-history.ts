/**
 * Random histories of a Page that webhooks tell about, to a mirror that also syncs: deliveries are lost, doubled, late and
 * out of order. It keeps what was told, so that the end is held against the truth and not against luck.
 */
import fc from 'fast-check';
import { must } from '../../src/lib/must.ts';
import { startServer } from '../../src/http/server.ts';
import type { WorldEvent } from '../../simulator/ground.ts';
import type { Conversation } from '../../simulator/model.ts';
import { openToldWorld, type Json, type ToldWorld } from './told-world.ts';

export interface ToldSetup {
  readonly seed: number;
  readonly edits: 'shown' | 'hidden';
  readonly reactions: 'shown' | 'hidden';
  readonly losses: number;
  readonly duplicates: number;
  readonly standby: number;
  readonly batchSize: number;
}

export type Step =
  | { readonly what: 'message'; readonly thread: number; readonly fromPage: boolean }
  | { readonly what: 'thread'; readonly instagram: boolean }
  | { readonly what: 'edit' | 'unsend'; readonly thread: number; readonly message: number }
  | { readonly what: 'react'; readonly thread: number; readonly message: number; readonly reaction: string | undefined }
  | { readonly what: 'read'; readonly thread: number }
  | { readonly what: 'receive'; readonly thread: number }
  | { readonly what: 'deliver'; readonly share: number; readonly apply: boolean }
  | { readonly what: 'sync'; readonly forced: boolean; readonly deliverAt: number | undefined }
  | { readonly what: 'verify' };

/** Few, so that much happens to each. */
const index = fc.nat(3);
const place = fc.nat(1);

export const toldSetups: fc.Arbitrary<ToldSetup> = fc.record({
  seed: fc.nat(10_000),
  edits: fc.constantFrom('shown', 'hidden'),
  reactions: fc.constantFrom('shown', 'hidden'),
  losses: fc.constantFrom(0, 0.2, 0.5),
  duplicates: fc.constantFrom(0, 0.4),
  standby: fc.constantFrom(0, 0.5),
  batchSize: fc.constantFrom(1, 4, 100),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ what: fc.constant('message' as const), thread: index, fromPage: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('thread' as const), instagram: fc.boolean() }) },
  {
    weight: 10,
    arbitrary: fc.record({
      what: fc.constantFrom(...Array.from({ length: 9 }, () => 'edit' as const), 'unsend' as const),
      thread: index,
      message: place,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant('react' as const),
      thread: index,
      message: place,
      reaction: fc.constantFrom('love', 'wow', 'sad', undefined),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('read' as const, 'receive' as const), thread: index }) },
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constant('deliver' as const),
      share: fc.constantFrom(0.3, 0.6, 1),
      apply: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('sync' as const),
      forced: fc.boolean(),
      deliverAt: fc.option(fc.nat(3), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('verify' as const) }) },
);

export const toldHistories = fc.array(step, { minLength: 40, maxLength: 90, size: 'max' });

/** What happened to one message, in order, and whether it was told. */
interface Fate {
  readonly kind: WorldEvent['kind'];
  readonly isTold: boolean;
  readonly hasReaction: boolean;
}

/** Plays a history, and answers what is wrong with the mirror at its end. */
export async function playTold(setup: ToldSetup, steps: readonly Step[]): Promise<string[]> {
  let last = 0;
  // No two things happen at once: which of them came last nobody could tell.
  const now = () => (last = Math.max(last + 1, Date.now()));
  await using world = await openToldWorld({
    version: 17,
    platforms: ['messenger', 'instagram'],
    simulator: { ...setup, conversations: 2, messagesPerConversation: { min: 1, max: 3, mean: 2 }, now },
  });
  const { tidemark, simulator, client } = world;
  const facebookPageId = must(world.pageIds[0], 'a world has a Page');
  const server = await startServer({ tidemark, host: '127.0.0.1', port: 0 });
  const fates = new Map<string, Fate[]>();
  const receipts = new Map<string, { read: number; delivery: number }>();
  const lost = new Set<WorldEvent>();
  simulator.webhooks.configure({
    ...setup,
    url: `${server.url}/api/webhooks/meta`,
    reorder: true,
    onlySubscribed: false,
    // Only when it is asked for.
    lateMs: 2 ** 30,
    onLoss: (event) => lost.add(event),
  });
  // After the webhooks have heard of it.
  const stop = simulator.world.onEvent((event) =>
    note(event, { fates, receipts, isTold: !lost.has(event) && isTellable(event) }),
  );

  async function deliver(share: number, applies: boolean): Promise<void> {
    await simulator.webhooks.flush(share);
    if (applies) await world.apply();
  }

  async function sync(forced: boolean, deliverAt: number | undefined): Promise<void> {
    let calls = 0;
    const stopListening = simulator.world.onCall(async () => {
      if (calls++ === deliverAt) await deliver(1, true);
    });
    await tidemark.sync({ facebookPageId, forceFull: forced });
    stopListening();
  }

  try {
    for (const one of steps) {
      if (one.what === 'deliver') await deliver(one.share, one.apply);
      else if (one.what === 'sync') await sync(one.forced, one.deliverAt);
      else if (one.what === 'verify') await tidemark.verify({ facebookPageId, repair: true });
      else happen(world, one);
    }
    await deliver(1, true);
    await sync(true, undefined);
    await world.apply();
    const { violations } = simulator.calls;
    return [
      ...(await differences(world, { setup, fates, receipts })),
      ...(await remains(client)),
      ...violations.map(({ rule }) => `a call broke ${rule}`),
    ];
  } finally {
    stop();
    await server.close();
  }
}

/** Of Instagram edits and deliveries are not told. */
function isTellable({ kind, conversation }: WorldEvent): boolean {
  return conversation.platform === 'messenger' || (kind !== 'edit' && kind !== 'delivery');
}

let texts = 0;

function happen(
  { simulator: { world }, pageIds }: ToldWorld,
  one: Exclude<Step, { what: 'deliver' | 'sync' | 'verify' }>,
): void {
  const pageId = must(pageIds[0], 'a world has a Page');
  const text = `text ${(texts += 1)}`;
  if (one.what === 'thread') {
    world.newConversation(pageId, { platform: one.instagram ? 'instagram' : 'messenger', messages: [{ text }] });
    return;
  }
  const threads = world.truth(pageId).conversations;
  const thread = must(threads[one.thread % threads.length], 'there is a thread');
  if (one.what === 'message') {
    world.newMessage(pageId, thread.id, { platform: thread.platform, from: one.fromPage ? 'page' : 'customer', text });
    return;
  }
  if (one.what === 'read') return world.customerReads(thread.id);
  if (one.what === 'receive') return world.customerReceives(thread.id);
  const message = thread.messages.at(-1 - (one.message % Math.max(1, thread.messages.length)));
  if (message === undefined) return;
  if (one.what === 'react') world.react(message.id, one.reaction);
  else if (one.what === 'edit') world.editMessage(message.id, text);
  else world.deleteMessage(message.id);
}

interface Told {
  readonly fates: Map<string, Fate[]>;
  readonly receipts: Map<string, { read: number; delivery: number }>;
}

function note(event: WorldEvent, { fates, receipts, isTold }: Told & { readonly isTold: boolean }): void {
  if (event.kind === 'read' || event.kind === 'delivery') {
    if (isTold) noteReceipt(event.conversation, event, receipts);
    return;
  }
  const { id } = event.message;
  const hasReaction = event.kind === 'reaction' && event.reaction !== undefined;
  fates.set(id, [...(fates.get(id) ?? []), { kind: event.kind, isTold, hasReaction }]);
}

function noteReceipt(
  { id, platform, messages }: Conversation,
  event: Extract<WorldEvent, { kind: 'read' | 'delivery' }>,
  receipts: Told['receipts'],
): void {
  const held = receipts.get(id) ?? { read: -Infinity, delivery: -Infinity };
  if (event.kind === 'delivery') held.delivery = Math.max(held.delivery, event.deliveredAt);
  else if (platform === 'messenger') held.read = Math.max(held.read, event.readAt);
  else {
    const read = messages?.find((message) => message.id === event.newestId);
    if (read !== undefined) held.read = Math.max(held.read, Math.floor(read.createdAt / 1000) * 1000);
  }
  receipts.set(id, held);
}

/** What differs, but for what nobody can know who was not told of it. */
async function differences(
  world: ToldWorld,
  { setup, fates, receipts }: Told & { readonly setup: ToldSetup },
): Promise<string[]> {
  const lines = (await world.compare()).filter((line) => {
    const [, id = ''] = /^message (\S+?):? /.exec(line) ?? [];
    const fate = fates.get(id) ?? [];
    if (line.endsWith('is in the mirror but not in the world')) return !wasUnsent(fate);
    if (line.includes(': text is ')) return !isTextUnknown(fate, setup);
    if (line.includes(': reactions is ')) return !isReactionUnknown(fate, setup);
    return true;
  });
  const rows = await world.client.query<Json>('SELECT id, text, effects, deleted_at FROM facebook_messages');
  const unsent = rows.rows.filter(({ id, text, deleted_at }) => {
    const fate = (fates.get(String(id)) ?? []).find(({ kind }) => kind === 'unsend');
    return fate?.isTold === true && (text !== null || deleted_at === null);
  });
  const held = await world.client.query<Json>('SELECT id, read_at, delivered_at FROM facebook_conversations');
  const late = held.rows.filter(({ id, read_at, delivered_at }) => {
    const { read = -Infinity, delivery = -Infinity } = receipts.get(String(id)) ?? {};
    return toMs(read_at) !== read || toMs(delivered_at) !== delivery;
  });
  return [
    ...lines,
    ...unsent.map(({ id }) => `message ${String(id)} was unsent and is there`),
    ...late.map((row) => `receipts of ${JSON.stringify(row)} are ${JSON.stringify(receipts.get(String(row['id'])))}`),
  ];
}

function toMs(time: unknown): number {
  return time instanceof Date ? time.getTime() : -Infinity;
}

function wasUnsent(fate: readonly Fate[]): boolean {
  return fate.some(({ kind }) => kind === 'unsend');
}

/** Of edits that were not told, only what Facebook shows tells, and that may as well be what was written. */
function isTextUnknown(fate: readonly Fate[], { edits }: ToldSetup): boolean {
  const told = fate.filter(({ kind }) => kind === 'edit');
  if (told.length === 0 || told.at(-1)?.isTold === true) return false;
  if (edits === 'hidden') return true;
  const isWrittenTold = fate.some(({ kind, isTold }) => kind === 'message' && isTold);
  return told.some(({ isTold }) => isTold) && !isWrittenTold;
}

function isReactionUnknown(fate: readonly Fate[], { reactions }: ToldSetup): boolean {
  const told = fate.filter(({ kind }) => kind === 'reaction');
  const latest = told.at(-1);
  // A message may have one from its beginning, which nobody tells.
  if (latest === undefined) return reactions === 'hidden';
  if (latest.isTold) return false;
  // That there are none any more looks the same as that they are not shown.
  return reactions === 'hidden' || !latest.hasReaction;
}

/** What was told and is not done with. */
async function remains(client: ToldWorld['client']): Promise<string[]> {
  const { rows } = await client.query<Json>(
    `SELECT status, outcome, waits_for, error FROM facebook_webhook_events WHERE status NOT IN ('applied', 'waiting')`,
  );
  return rows.map((row) => `a delivery is left: ${JSON.stringify(row)}`);
}
