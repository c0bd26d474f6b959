/** A world whose mirror is told what happens: deliveries made by hand or by the simulator, signed, applied when a test says so. */
import { createHmac } from 'node:crypto';
import pg from 'pg';
import { must } from '../../src/lib/must.ts';
import { Secret } from '../../src/lib/secret.ts';
import type { Platform } from '../../simulator/model.ts';
import { compareMirrors } from './compare-mirror.ts';
import { openWorld, type TestWorld, type WorldOptions } from './world.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface ToldWorld extends TestWorld {
  readonly client: pg.Client;
  /** What the mirror holds of a message. */
  message(id: string): Promise<Json | undefined>;
  conversation(id: string): Promise<Json>;
  /** Delivers what the entries hold, as Facebook would, and waits until it is stored. */
  deliver(body: Json | string): Promise<void>;
  /** The same for events of one Page, and applies it. */
  tell(events: readonly Json[], options?: Telling): Promise<void>;
  /** Applies what is due; what waits is made due before. */
  apply(): Promise<void>;
  /** Every difference between the mirror and the world of the first Page. */
  compare(): Promise<string[]>;
  /** What became of the deliveries, oldest first. */
  deliveries(): Promise<readonly Json[]>;
}

export interface Telling {
  readonly platform?: Platform;
  /** Under which name the entry holds them. Default: messaging. */
  readonly as?: 'messaging' | 'standby';
  /** When the delivery is sent. Default: now. */
  readonly time?: number;
}

const SECRET = 'simulated-app-secret';

export async function openToldWorld(
  options: Omit<WorldOptions, 'version'> & Pick<WorldOptions, 'version'>,
): Promise<ToldWorld> {
  const settings = { appSecret: new Secret(SECRET), ...options.settings };
  const world = await openWorld({ ...options, settings });
  const client = new pg.Client({ connectionString: world.databaseUrl });
  await client.connect();
  const { webhooks } = world.tidemark;

  async function deliver(body: Json | string): Promise<void> {
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const signature = `sha256=${createHmac('sha256', SECRET).update(bytes).digest('hex')}`;
    await webhooks.receive({ body: bytes, signature });
  }

  async function apply(): Promise<void> {
    await client.query(`UPDATE facebook_webhook_events SET apply_at = now() WHERE apply_at IS NOT NULL`);
    await webhooks.apply();
  }

  return {
    ...world,
    client,
    deliver,
    apply,
    async message(id) {
      const { rows } = await client.query<Json>(
        `SELECT text, attachments, reactions, reply_to, direction, from_id, from_name, source, raw, edited_at, deleted_at,
                conversation_id, created_time, revision FROM facebook_messages WHERE id = $1`,
        [id],
      );
      return rows[0];
    },
    async conversation(id) {
      const { rows } = await client.query<Json>('SELECT * FROM facebook_conversations WHERE id = $1', [id]);
      return must(rows[0], `conversation ${id} is in the mirror`);
    },
    async tell(events, { platform = 'messenger', as = 'messaging', time = Date.now() } = {}) {
      const page = must(world.simulator.world.pages[0], 'a world has a Page');
      const id = platform === 'messenger' ? page.id : must(page.instagram, 'it has an account').id;
      await deliver({ object: platform === 'messenger' ? 'page' : 'instagram', entry: [{ id, time, [as]: events }] });
      await apply();
    },
    compare: () =>
      compareMirrors(world.databaseUrl, world.simulator, {
        facebookPageId: must(world.pageIds[0], 'a world has a Page'),
        platforms: world.platforms,
      }),
    async deliveries() {
      const { rows } = await client.query<Json>(
        'SELECT status, outcome, waits_for, error, body FROM facebook_webhook_events ORDER BY received_at, id',
      );
      return rows;
    },
    async [Symbol.asyncDispose]() {
      await client.end();
      await world[Symbol.asyncDispose]();
    },
  };
}
