/**
 * The simulator's front door: starts a small Facebook on the loopback address and hands out its world, call log and
 * faults. Must never listen anywhere else.
 */
import { createServer } from 'node:http';
import { createCallLog } from './calls.ts';
import { control } from './control.ts';
import { createFaults } from './faults.ts';
import { readForm, readIncoming } from './incoming.ts';
import { createMeter } from './meter.ts';
import { toSettings } from './options.ts';
import { perform } from './perform.ts';
import { createQuotas } from './quotas.ts';
import { createTexts } from './texts.ts';
import { createTurns } from './turns.ts';
import { createWebhooks } from './webhooks.ts';
import { createWorld } from './world.ts';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { CallLog } from './calls.ts';
import type { Faults } from './faults.ts';
import type { Rules, SimulatorOptions } from './options.ts';
import type { Outcome } from './outcome.ts';
import type { Facebook } from './perform.ts';
import type { Quotas } from './quotas.ts';
import type { Webhooks } from './webhooks.ts';
import type { World } from './world.ts';

export interface Simulator {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  readonly world: World;
  readonly calls: CallLog;
  readonly faults: Faults;
  /** How it answers; may be changed at any time. */
  readonly rules: Rules;
  readonly quotas: Quotas;
  readonly webhooks: Webhooks;
  /** Breaks off what is being answered and frees the port. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const CONTROL_PREFIX = '/_simulator/';

/** Rejects when the port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = toSettings(options);
  const { rules } = settings;
  const world = createWorld(settings.world, rules);
  const closing = new AbortController();
  let url = '';
  const facebook: Facebook = {
    world,
    rules,
    calls: createCallLog(),
    meter: createMeter(settings.callsPerSecond),
    quotas: createQuotas({ engagedPeople: settings.engagedPeople, now: world.now }),
    faults: createFaults({ seed: settings.world.seed, share: () => rules.faultShare }),
    texts: createTexts(),
    url: () => url,
    takeTurn: createTurns(),
    closing: closing.signal,
  };
  const webhooks = createWebhooks(world);
  const simulator: Omit<Simulator, 'url'> = {
    world,
    rules,
    webhooks,
    calls: facebook.calls,
    faults: facebook.faults,
    quotas: facebook.quotas,
    close: () => close(server),
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const arrivedMs = performance.now();
    const target = request.url ?? '/';
    const method = request.method ?? 'GET';
    const body = method === 'GET' || method === 'HEAD' ? '' : await readBody(request);
    if (target.startsWith(CONTROL_PREFIX)) {
      const { pathname, searchParams: query } = new URL(target, 'http://simulator.invalid');
      const reply = await control(simulator, { method, path: pathname.slice(CONTROL_PREFIX.length), query, body });
      response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.body);
      return;
    }
    const form = readForm(body, request.headers['content-type']);
    const incoming = readIncoming({ method, target, arrivedMs }, form, { token: bearerOf(request) });
    await send(response, await perform(facebook, incoming), closing.signal);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      // A fault of the simulator itself must be seen as one, not taken for Facebook's.
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(599, { 'content-type': 'text/plain' }).end(`The simulator failed: ${message}`);
    });
  });
  // Clients keep connections for minutes; closing an idle one under a request would look like a fault.
  server.keepAliveTimeout = 120_000;

  const close = async (listening: Server): Promise<void> => {
    closing.abort();
    webhooks.close();
    await new Promise<void>((resolve) => {
      listening.close(() => resolve());
      listening.closeAllConnections();
    });
  };

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port, HOST, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : settings.port;
  url = `http://${HOST}:${port}`;
  return { ...simulator, url };
}

async function send(response: ServerResponse, outcome: Outcome, closing: AbortSignal): Promise<void> {
  const pieces = outcome.body.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece.bytes));
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  switch (outcome.how) {
    case undefined:
      response.cork();
      response.writeHead(outcome.status, { ...outcome.headers, 'content-length': length });
      for (const piece of pieces) response.write(piece);
      response.end();
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'truncated':
      response.writeHead(outcome.status, { ...outcome.headers, 'content-length': length });
      response.write(Buffer.concat(pieces).subarray(0, Math.floor(length / 2)), () => response.socket?.destroy());
      return;
    case 'hang':
      await new Promise<void>((resolve) => {
        response.once('close', resolve);
        closing.addEventListener('abort', () => resolve(), { once: true });
      });
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString();
}

function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
}
