/** The simulator as the commands see it: a small Facebook, and the truth about what is in it. */
import { TidemarkError } from '../core/errors.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import { startSimulator as start } from '../../simulator/server.ts';

export interface SimulatedConversation {
  readonly id: string;
  readonly messageIds: readonly string[];
}

export interface Activity {
  readonly newMessages: number;
  readonly newConversations: number;
}

export type Simulator = Awaited<ReturnType<typeof startSimulator>>;

/** Rejects with PORT_IN_USE. */
export async function startSimulator(options: SimulatorOptions) {
  const { url, world, close } = await start(options).catch((error: unknown) => {
    throw toStartError(error, options.port);
  });
  return {
    url,
    userToken: world.tokens.user,
    pages: world.pages.map(({ id, name, token }) => ({ id, name, token })),
    /** Makes people write to a Page. */
    activity(facebookPageId: string, activity: Activity): void {
      world.activity({ pageId: facebookPageId, ...activity });
    },
    /** What a complete mirror of the Page holds. */
    *conversationsOf(facebookPageId: string): Iterable<SimulatedConversation> {
      for (const { id, messages } of world.truth(facebookPageId).conversations) {
        yield { id, messageIds: messages.map((message) => message.id) };
      }
    },
    close,
  };
}

function toStartError(error: unknown, port: number | undefined): unknown {
  if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) return error;
  const message = `Something else already listens on port ${port}; \`--port 0\` lets the simulator take any free one.`;
  return new TidemarkError('PORT_IN_USE', message, { cause: error });
}
