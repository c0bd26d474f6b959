/**
 * The memory of a sync does not grow with the Page (I11): a process of its own mirrors a large one, and the most that
 * it ever held of the machine's memory is measured.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { SOAK } from '../support/rigour.ts';
import { openEye } from '../support/client.ts';
import { openWorld } from '../support/world.ts';

const SCRIPT = new URL('../support/sync-process.ts', import.meta.url).pathname;

/** A soak lets the process take what it likes and measures it; otherwise the heap is too small for such a Page. */
const {
  conversations: CONVERSATIONS,
  most: MOST_RSS_MIB,
  flags: FLAGS,
} = SOAK > 1
  ? { conversations: 50_000, most: 400, flags: [] }
  : { conversations: 20_000, most: 300, flags: ['--max-old-space-size=56'] };

it(
  `a Page of ${CONVERSATIONS} conversations is mirrored within ${MOST_RSS_MIB} MiB`,
  { timeout: 600_000 },
  async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { conversations: CONVERSATIONS, messagesPerConversation: { min: 1, max: 2, mean: 1.5 } },
    });
    const { encryptionKey: _, ...settings } = world.settings;
    const args = [...FLAGS, SCRIPT, JSON.stringify(settings), must(world.pageIds[0], 'a Page')];
    const startedAt = performance.now();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    let peakMib = Infinity;
    for await (const line of createInterface({ input: child.stdout })) {
      const [, kib] = /^peak (\d+) KiB$/.exec(line) ?? [];
      if (kib !== undefined) peakMib = Math.round(Number(kib) / 1024);
    }
    expect(await exited).toEqual([0, null]);
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    console.log(`${CONVERSATIONS} conversations in ${seconds} s, with at most ${peakMib} MiB resident.`);
    await using eye = await openEye(world.databaseUrl);
    const { rows } = await eye.client.query('SELECT count(*)::int AS held FROM facebook_conversations');
    expect(rows).toEqual([{ held: CONVERSATIONS }]);
    expect(peakMib).toBeLessThan(MOST_RSS_MIB);
  },
);
