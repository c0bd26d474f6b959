/** The examples run, and the README shows them as they are. */
import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { startSimulator } from '../../simulator/server.ts';
import { openMigratedDatabase } from '../support/world.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

it('the library example of the README is the one in examples/, and mirrors what it is pointed at', async () => {
  const [, ...code] = read('examples/sync-once.ts').split('\n');
  expect(read('README.md')).toContain(code.join('\n').trim());

  await using simulator = await startSimulatorForExample();
  const database = await openMigratedDatabase(17);
  vi.stubEnv('DATABASE_URL', database.url);
  vi.stubEnv('TIDEMARK_ENCRYPTION_KEY', Buffer.alloc(32, 7).toString('base64'));
  vi.stubEnv('GRAPH_API_URL', simulator.url);
  vi.stubEnv('FACEBOOK_TOKEN', simulator.token);
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
  await import('../../examples/sync-once.ts');
  const lines = printed.mock.calls.map((line) => line.join(' '));
  expect(lines[0]).toMatch(/^Page 1: Full sync: 30 conversation\(s\) with \d+ events \(2 calls, /);
  expect(lines).toHaveLength(7);
});

async function startSimulatorForExample() {
  const simulator = await startSimulator({ pages: 2, conversations: 30 });
  const token = simulator.world.tokens.user;
  return { url: simulator.url, token, [Symbol.asyncDispose]: () => simulator.close() };
}
