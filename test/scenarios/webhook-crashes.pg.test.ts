/** What was answered with 200 is never missing: processes are killed between storing and applying, connections break in the flood. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { openToldWorld, type ToldWorld } from '../support/told-world.ts';

const SCRIPT = new URL('../support/serve-process.ts', import.meta.url).pathname;
const SECRET = 'simulated-app-secret';
const SENDERS = 8;

async function open() {
  const world = await openToldWorld({ version: 17, simulator: { conversations: 3 } });
  const facebookPageId = must(world.pageIds[0], 'a world has a Page');
  await world.tidemark.sync({ facebookPageId });
  const customers = world.simulator.world.truth(facebookPageId).conversations.map(({ customer }) => customer.id);
  return { ...world, facebookPageId, customers, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

async function startServing({ settings }: ToldWorld) {
  const { encryptionKey: _, appSecret: _secret, ...plain } = settings;
  const child = spawn(process.execPath, [SCRIPT, JSON.stringify(plain), SECRET], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [url] = (await once(lines, 'line')) as [string];
  return {
    url: `${url}/api/webhooks/meta`,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Sends deliveries of one message each, several at a time, until it is told to stop; answers the ids that were taken. */
function flood(
  world: Awaited<ReturnType<typeof open>>,
  { url, name }: { readonly url: string; readonly name: string },
) {
  const taken: string[] = [];
  const statuses = new Set<number>();
  const over = new AbortController();
  const send = async (sender: number) => {
    for (let sent = 0; !over.signal.aborted; sent += 1) {
      const mid = `m_${name}_${sender}_${sent}`;
      const from = {
        sender: { id: world.customers[sent % world.customers.length] },
        recipient: { id: world.facebookPageId },
      };
      const event = { ...from, timestamp: Date.now(), message: { mid, text: `Text of ${mid}` } };
      const body = JSON.stringify({
        object: 'page',
        entry: [{ id: world.facebookPageId, time: Date.now(), messaging: [event] }],
      });
      const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
      const response = await fetch(url, { method: 'POST', headers: { 'X-Hub-Signature-256': signature }, body }).catch(
        () => undefined,
      );
      if (response !== undefined) statuses.add(response.status);
      if (response?.status === 200) taken.push(mid);
      await response?.body?.cancel();
    }
  };
  const sending = Promise.all(Array.from({ length: SENDERS }, (_, sender) => send(sender)));
  return {
    taken,
    statuses,
    async stop() {
      over.abort();
      await sending;
    },
  };
}

async function missing({ client }: ToldWorld, taken: readonly string[]): Promise<readonly string[]> {
  const { rows } = await client.query<{ mid: string }>(
    `SELECT mid FROM unnest($1::text[]) AS mid WHERE NOT EXISTS (SELECT FROM facebook_messages WHERE id = mid AND text = 'Text of ' || mid)`,
    [taken],
  );
  return rows.map(({ mid }) => mid);
}

it('a process may be killed in the flood: what it has taken is applied by the next one', async () => {
  await using world = await open();
  const taken: string[] = [];
  for (const name of ['first', 'second', 'third']) {
    const serving = await startServing(world);
    const flooding = flood(world, { url: serving.url, name });
    await expect.poll(() => flooding.taken.length, { timeout: 30_000 }).toBeGreaterThan(40);
    await serving.kill();
    await flooding.stop();
    taken.push(...flooding.taken);
  }
  const { rows } = await world.client.query(`SELECT FROM facebook_webhook_events WHERE status = 'stored'`);
  console.log(`${taken.length} deliveries taken, ${rows.length} of them not applied when the last process was killed`);

  const heir = await startServing(world);
  await expect.poll(async () => (await missing(world, taken)).length, { timeout: 30_000 }).toBe(0);
  await heir.kill();
});

it('a delivery is refused for now while the database is away, and none is lost that was taken', async () => {
  await using world = await open();
  const serving = await startServing(world);
  const flooding = flood(world, { url: serving.url, name: 'away' });
  for (let cut = 0; cut < 5; cut += 1) {
    const before = flooding.taken.length;
    await world.client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                              WHERE application_name = 'tidemark' AND datname = current_database()`);
    await expect.poll(() => flooding.taken.length, { timeout: 30_000 }).toBeGreaterThan(before + 20);
  }
  await flooding.stop();

  await expect.poll(async () => (await missing(world, flooding.taken)).length, { timeout: 30_000 }).toBe(0);
  await serving.kill();
  expect([200, 503]).toEqual(expect.arrayContaining([...flooding.statuses]));
});
