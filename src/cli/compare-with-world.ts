/**
 * Compares the mirror with the simulated world, id by id, through the same reads that users have. It believes no
 * counter: a mirror is complete when every conversation and message of the world is found in it, and nothing else.
 */
import type { ListAnswer } from '../api/conversations.ts';
import type { Tidemark } from '../api/tidemark.ts';
import type { SimulatedConversation } from './start-simulator.ts';

export interface PageOfWorld {
  readonly pageId: string;
  readonly name: string;
  readonly conversations: Iterable<SimulatedConversation>;
}

export interface Comparison {
  readonly complete: boolean;
  /** What the world has. */
  readonly conversations: number;
  readonly messages: number;
  /** One sentence for each conversation that differs. */
  readonly differences: readonly string[];
}

const LARGEST_PAGE = 200;
/** Reads at the same time; the database has ten connections to give. */
const READERS = 6;

export async function compareWithWorld(
  tidemark: Pick<Tidemark, 'conversations'>,
  pages: readonly PageOfWorld[],
): Promise<Comparison> {
  const differences: string[] = [];
  let conversations = 0;
  let messages = 0;
  for (const { pageId, name, conversations: world } of pages) {
    const truth = [...world];
    conversations += truth.length;
    const held = await readAll((cursor) => tidemark.conversations.list({ pageId, limit: LARGEST_PAGE, cursor }));
    for (const id of without(held, new Set(truth.map((conversation) => conversation.id)))) {
      differences.push(`${name}: conversation ${id} is in the mirror, but not in the world`);
    }
    await forEachOf(truth, async ({ id, messageIds }) => {
      messages += messageIds.length;
      if (!held.has(id)) {
        differences.push(`${name}: conversation ${id} is missing`);
        return;
      }
      const mirrored = await readAll((cursor) =>
        tidemark.conversations.messages({ conversationId: id, pageId, limit: LARGEST_PAGE, cursor }),
      );
      const expected = new Set(messageIds);
      const missing = without(expected, mirrored).length;
      const surplus = without(mirrored, expected).length;
      if (missing > 0) differences.push(`${name}: conversation ${id} lacks ${missing} of ${expected.size} messages`);
      if (surplus > 0)
        differences.push(`${name}: conversation ${id} has ${surplus} messages that the world does not have`);
    });
  }
  return { complete: differences.length === 0, conversations, messages, differences };
}

/** The ids of a whole list, page by page. */
async function readAll(
  read: (cursor: string | undefined) => Promise<ListAnswer<{ readonly id: string }>>,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await read(cursor);
    for (const item of items) ids.add(item.id);
    cursor = nextCursor ?? undefined;
  } while (cursor !== undefined);
  return ids;
}

function without(ids: ReadonlySet<string>, others: ReadonlySet<string>): readonly string[] {
  return [...ids].filter((id) => !others.has(id));
}

async function forEachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const read = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: READERS }, read));
}
