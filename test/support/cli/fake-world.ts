/** A small world for the commands, and its mirror, which every sync makes whole at once. */
import type { SimulatorOptions } from '../../../simulator/options.ts';
import type { PageAnswer } from '../../../src/api/pages.ts';
import type { VerifyAnswer, VerifyFailure } from '../../../src/api/verify.ts';
import type { Activity, SimulatedConversation } from '../../../src/cli/start-simulator.ts';
import { must } from '../../../src/lib/must.ts';
import { aPage, CONVERSATION, MESSAGE } from '../answers.ts';
import type { FakeTidemarkOptions } from '../fake-tidemark.ts';

export interface FakeWorld {
  /** Pages by Facebook id, with everything in them. */
  readonly pages: Map<string, { readonly name: string; readonly conversations: SimulatedConversation[] }>;
}

export interface MirroredWorldOptions {
  readonly connected?: readonly string[];
  readonly verifies?: Readonly<Record<string, Partial<VerifyAnswer> | Pick<VerifyFailure, 'error' | 'code'>>>;
  readonly lostMessage?: string;
  readonly held?: boolean;
  readonly pageFields?: Readonly<Record<string, Partial<PageAnswer>>>;
}

export const LAST_SYNC = '2026-01-02T03:04:05.000Z';

/** What a fake Tidemark does in this world. */
export function createMirroredWorld(
  world: FakeWorld,
  { connected = [], verifies = {}, lostMessage, held = false, pageFields = {} }: MirroredWorldOptions,
) {
  const mirror = new Map<string, readonly SimulatedConversation[]>();
  const toPage = (id: string): PageAnswer =>
    aPage(id, { name: world.pages.get(id)?.name ?? null, lastSyncedAt: LAST_SYNC, ...pageFields[id] });
  if (held) for (const id of connected) mirror.set(toPage(id).id, world.pages.get(id)?.conversations ?? []);

  return {
    pages: connected.map(toPage),
    connect: (token) =>
      token.reveal() === 'powerless'
        ? { pages: [], refused: [{ facebookPageId: '9', name: 'Page 9', reason: 'No MESSAGING task.' }] }
        : {
            pages: [...world.pages.keys()].map(toPage),
            refused: [],
            ...(token.reveal() === 'without-instagram' ? { warnings: ['No Instagram.'] } : {}),
          },
    mirror: (pageId = '') =>
      (mirror.get(pageId) ?? []).map(({ id, messageIds }) => ({
        conversation: { ...CONVERSATION, id },
        messages: messageIds.filter((one) => one !== lostMessage).map((one) => ({ ...MESSAGE, id: one })),
      })),
    sync({ id, facebookPageId }, { forceFull = false }) {
      const truth = world.pages.get(facebookPageId)?.conversations ?? [];
      const before = mirror.get(id);
      const known = new Set(before?.flatMap(({ messageIds }) => messageIds));
      const fresh = truth
        .map(({ messageIds }) => messageIds.filter((one) => !known.has(one)))
        .filter((ids) => ids.length > 0);
      mirror.set(id, structuredClone(truth));
      return {
        syncMode: before === undefined || forceFull ? 'full' : 'incremental',
        synced: fresh.length,
        inserted: fresh.length,
        updated: 0,
        skipped: truth.length - fresh.length,
        checked: truth.length,
        eventsCreated: fresh.flat().length,
        total: truth.length,
        durationMs: 500,
      };
    },
    verify: ({ facebookPageId }) => ({
      total: world.pages.get(facebookPageId)?.conversations.length ?? 0,
      graphCalls: 2,
      durationMs: 500,
      ...verifies[facebookPageId],
    }),
  } satisfies FakeTidemarkOptions;
}

/** A world of so many Pages with so many conversations of three messages each. */
export function populate(
  world: FakeWorld,
  { pages = 0, conversations = 0 }: Pick<SimulatorOptions, 'pages' | 'conversations'>,
): FakeWorld {
  for (let page = 1; page <= pages; page += 1) {
    const made = Array.from({ length: conversations }, (_, index) => {
      const id = `t_${page}_${index}`;
      return { id, messageIds: [1, 2, 3].map((message) => `m_${page}_${index}_${message}`) };
    });
    world.pages.set(String(page), { name: `Page ${page}`, conversations: made });
  }
  return world;
}

export function write(world: FakeWorld, id: string, activity: Activity): void {
  const { conversations } = must(world.pages.get(id), 'a Page of the world');
  for (let index = 0; index < activity.newMessages; index += 1) {
    const old = must(conversations[index], 'nobody writes twice');
    conversations[index] = { ...old, messageIds: [...old.messageIds, `n_${old.id}`] };
  }
  for (let index = 0; index < activity.newConversations; index += 1) {
    conversations.push({ id: `new_${id}_${index}`, messageIds: [`n_${id}_${index}`] });
  }
}
