/**
 * Tells the app what happens in the world: signed deliveries in the recorded envelope, to one address. Duplicates,
 * disorder, losses, lateness and retries come on request. A lost event is never told again, as on Facebook.
 */
import { createHmac } from 'node:crypto';
import { must } from '../src/lib/must.ts';
import { toFacebookJson } from './json.ts';
import { createRandom } from './random.ts';
import { waitUntil } from './wait.ts';
import { fieldOf, toEventJson } from './webhook-events.ts';
import type { JsonObject } from './json.ts';
import type { WorldEvent } from './ground.ts';
import type { World } from './world.ts';

export interface WebhookSettings {
  readonly url: string;
  /** Share of events that are told twice; default 0. */
  readonly duplicates?: number;
  /** Share of events that are never told; default 0. */
  readonly losses?: number;
  /** Share of deliveries in which another app answers the thread, so that they come as `standby`; default 0. */
  readonly standby?: number;
  /** Told of every event that is lost. */
  readonly onLoss?: (event: WorldEvent) => void;
  /** Tell what is waiting in seeded disorder; default false. */
  readonly reorder?: boolean;
  /** How long events wait before they are told; default 0. Those that wait together can change places. */
  readonly lateMs?: number;
  /** Further tries after an answer other than 200; default 3, at once, 100 ms apart. */
  readonly retries?: number;
  /** Most events in one delivery; default 1. */
  readonly batchSize?: number;
  /** Tell only what the Page's subscription names; default true. Without it every Page's events are told. */
  readonly onlySubscribed?: boolean;
}

export interface Delivery {
  readonly body: string;
  /** Answer of the last try; 0 when nobody answered. */
  readonly status: number;
  readonly tries: number;
}

export interface Webhooks {
  /** Starts telling; undefined stops and drops what waits. */
  configure(settings: WebhookSettings | undefined): void;
  /** Resolves when everything that happened so far, or a seeded share of it, has been told or given up. */
  flush(share?: number): Promise<void>;
  readonly deliveries: readonly Delivery[];
  /** Sends bytes as they are, signed; answers the HTTP status, 0 when nobody answered. */
  send(url: string, body: string): Promise<number>;
  close(): void;
}

interface Waiting {
  readonly object: 'page' | 'instagram';
  readonly entryId: string;
  readonly event: JsonObject;
}

/** How long Facebook waits for a 200. */
const PATIENCE_MS = 5000;
const RETRY_AFTER_MS = 100;

export function createWebhooks(world: World): Webhooks {
  const random = createRandom(world.settings.seed, 'webhooks');
  const deliveries: Delivery[] = [];
  let settings: WebhookSettings | undefined;
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let telling: Promise<void> = Promise.resolve();
  const closing = new AbortController();

  const send = async (url: string, body: string): Promise<number> => {
    const signature = createHmac('sha256', world.settings.appSecret).update(body).digest('hex');
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` },
        body,
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(PATIENCE_MS)]),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      // Nobody there, or too slow: what counts is that there was no 200.
      return 0;
    }
  };

  const deliver = async (body: string, { url, retries = 3 }: WebhookSettings): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      const status = await send(url, body);
      if (status === 200 || tries > retries || closing.signal.aborted) {
        deliveries.push({ body, status, tries });
        return;
      }
      await waitUntil(performance.now() + RETRY_AFTER_MS, closing.signal);
    }
  };

  const tellAfter = async (earlier: Promise<void>, bodies: readonly string[], to: WebhookSettings): Promise<void> => {
    await earlier;
    for (const body of bodies) await deliver(body, to);
  };

  const tellWaiting = (share = 1): void => {
    clearTimeout(timer);
    timer = undefined;
    const current = settings;
    if (current === undefined) return;
    const { reorder = false, batchSize = 1, standby = 0 } = current;
    const [now, later] = [[] as Waiting[], [] as Waiting[]];
    for (const event of waiting) (share === 1 || random.chance(share) ? now : later).push(event);
    const ordered = reorder ? random.shuffle(now) : now;
    waiting = later;
    const bodies = toBodies(ordered, { batchSize, time: world.now(), isStandby: () => random.chance(standby) });
    telling = tellAfter(telling, bodies, current);
  };

  const stopListening = world.onEvent((event) => {
    if (settings === undefined) return;
    const { page, platform } = event.conversation;
    const field = fieldOf(event);
    if (field === undefined) return;
    if (settings.onlySubscribed !== false && page.subscribedFields?.includes(field) !== true) return;
    const isInstagram = platform === 'instagram';
    const { losses = 0, duplicates = 0, onLoss, lateMs = 0 } = settings;
    if (random.chance(losses)) {
      onLoss?.(event);
      return;
    }
    const told: Waiting = {
      object: isInstagram ? 'instagram' : 'page',
      entryId: event.conversation.account.id,
      event: toEventJson(event, world.now()),
    };
    waiting.push(...(random.chance(duplicates) ? [told, told] : [told]));
    timer ??= setTimeout(() => tellWaiting(), lateMs);
  });

  return {
    deliveries,
    configure(next) {
      settings = next;
      waiting = [];
    },
    async flush(share) {
      if (waiting.length > 0) tellWaiting(share);
      await telling;
    },
    send,
    close() {
      stopListening();
      clearTimeout(timer);
      closing.abort();
    },
  };
}

interface Batching {
  readonly batchSize: number;
  readonly time: number;
  readonly isStandby: () => boolean;
}

/** Consecutive events of one Page share a delivery, up to the batch size. */
function toBodies(events: readonly Waiting[], { batchSize, time, isStandby }: Batching): string[] {
  const groups: Waiting[][] = [];
  for (const event of events) {
    const group = groups.at(-1);
    const fits = group !== undefined && group.length < batchSize && group[0]?.entryId === event.entryId;
    if (fits) group.push(event);
    else groups.push([event]);
  }
  return groups.map((group) => {
    const { object, entryId: id } = must(group[0], 'a group begins with an event');
    const list = isStandby() ? 'standby' : 'messaging';
    return toFacebookJson({ object, entry: [{ id, time, [list]: group.map(({ event }) => event) }] });
  });
}
