/** Which commands may be the first that a database sees of Tidemark. */
import { expect, it } from 'vitest';
import type { EngineOptions } from '../engine/create-tidemark.ts';
import { createFake } from '../../test/support/cli/fake-context.ts';

const DATABASE = {
  DATABASE_URL: 'postgresql://me@db.example/mine',
  TIDEMARK_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
};

/** How the command opened the engine, which goes no further. */
async function openedBy(args: readonly string[]): Promise<EngineOptions | undefined> {
  let opened: EngineOptions | undefined;
  const fake = createFake({
    env: DATABASE,
    stdin: 'EAAGtoken',
    overrides: {
      openTidemark: async (_settings, options) => {
        opened = options;
        throw new Error('far enough');
      },
    },
  });
  await fake.run(...args);
  return opened;
}

it.each([
  'pages list',
  'pages remove 1 --yes',
  'pages pause 1',
  'pages resume 1',
  'runs',
  'runs cancel 1',
  'verify',
  'verify --repair',
])('`tidemark %s` makes no tables', async (command) => {
  expect(await openedBy(command.split(' '))).toMatchObject({ makesTables: false });
});

it.each(['pages add --token-stdin', 'sync', 'serve', 'worker'])('`tidemark %s` does', async (command) => {
  expect(await openedBy(command.split(' '))).toMatchObject({ makesTables: true });
});
