/** Several Pages of the simulator and a client that lets them share requests. For tests only. */
import type { JsonValue } from '../../../src/core/model.ts';
import { Secret } from '../../../src/lib/secret.ts';
import type { Page } from '../../../simulator/model.ts';
import type { SimulatorOptions } from '../../../simulator/options.ts';
import { type Simulator, startSimulator } from '../../../simulator/server.ts';
import type { CallReport, GraphRequest } from '../../../src/graph/call.ts';
import type { GraphClientOptions } from '../../../src/graph/client.ts';
import { jumpingClock, recordingGate, testClient } from './ports.ts';

export interface Scene {
  readonly simulator: Simulator;
  readonly pages: readonly Page[];
  readonly clock: ReturnType<typeof jumpingClock>;
  /** Asks for the first conversations of a Page, as a walk does that begins. */
  readonly look: (page: Page, extra?: Partial<GraphRequest>) => Look;
}

export interface Look {
  readonly ids: Promise<string[]>;
  readonly gate: ReturnType<typeof recordingGate>;
  readonly reports: readonly CallReport[];
}

export async function withPages(
  options: SimulatorOptions & { readonly client?: Partial<GraphClientOptions> },
  play: (scene: Scene) => Promise<void>,
) {
  const simulator = await startSimulator({ pages: 5, conversations: 3, callsPerSecond: 0, ...options });
  const clock = jumpingClock();
  const client = testClient(simulator.url, { clock, sharesLists: true, ...options.client });
  const look = (page: Page, extra: Partial<GraphRequest> = {}): Look => {
    const gate = recordingGate();
    const reports: CallReport[] = [];
    const answer = client.get({
      path: [page.id, 'conversations'],
      params: { platform: 'messenger', fields: 'id,updated_time', limit: 25 },
      subject: `the conversations of Page ${page.id}`,
      token: new Secret(page.token),
      mayShare: true,
      gate,
      onCall: (report) => reports.push(report),
      ...extra,
    });
    return { ids: answer.then(({ body }) => idsOf(body)), gate, reports };
  };
  try {
    await play({ simulator, pages: simulator.world.pages, clock, look });
    await client.close();
  } finally {
    await simulator.close();
  }
}

const idsOf = (body: unknown) => (body as { data: readonly { id: string }[] }).data.map(({ id }) => id);
export const settled = (looks: readonly Look[]) =>
  Promise.all(looks.map(({ ids }) => ids.catch((error: unknown) => error)));
export const truthOf = (simulator: Simulator, page: Page) =>
  simulator.world
    .truth(page.id)
    .conversations.map(({ id }) => id)
    .toSorted();

/** What the simulator was asked: batches, calls in them, calls by themselves. */
export function asked({ calls }: Simulator) {
  const pageCalls = calls.all.filter(({ platform }) => platform !== undefined);
  return {
    batches: calls.total.byKind.batch ?? 0,
    inBatch: pageCalls.filter(({ inBatch }) => inBatch).length,
    alone: pageCalls.filter(({ inBatch }) => !inBatch).length,
  };
}

export function stubRequest(pageId: string, extra: Partial<GraphRequest> = {}): GraphRequest {
  return {
    path: [pageId, 'conversations'],
    params: {},
    subject: `Page ${pageId}`,
    token: new Secret(`token-${pageId}`),
    mayShare: true,
    gate: recordingGate(),
    ...extra,
  };
}

export function toParts(body: string): readonly JsonValue[] {
  return JSON.parse(new URLSearchParams(body).get('batch') ?? '[]') as readonly JsonValue[];
}
