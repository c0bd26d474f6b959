/** The simulator as the commands see it. The one place that knows both sides. */
import { TidemarkError } from '../core/errors.ts';
import { startSimulator as start } from '../../simulator/server.ts';
import type { Simulator, SimulatorOptions } from './outside.ts';

/** Rejects with PORT_IN_USE. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { url, world, close } = await start(options).catch((error: unknown) => {
    throw toStartError(error, options.port);
  });
  return {
    url,
    userToken: world.tokens.user,
    pages: world.pages.map(({ id, name, token }) => ({ id, name, token })),
    activity(pageId, activity) {
      world.activity({ pageId, ...activity });
    },
    *conversationsOf(pageId) {
      for (const { id, messages } of world.truth(pageId).conversations) {
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
