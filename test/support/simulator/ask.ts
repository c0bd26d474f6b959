/** How the simulator's tests talk to it: over HTTP, like everybody else, with types for what they expect to see. */
import { must } from '../../../src/lib/must.ts';
import { startSimulator } from '../../../simulator/server.ts';
import type { Page } from '../../../simulator/model.ts';
import type { SimulatorOptions } from '../../../simulator/options.ts';
import type { Simulator } from '../../../simulator/server.ts';

export interface Paging {
  readonly cursors: { readonly before: string; readonly after: string };
  readonly next?: string;
  readonly previous?: string;
}

export interface Shown {
  readonly id: string;
  readonly [field: string]: unknown;
}

export interface ShownList<T = Shown> {
  readonly data: readonly T[];
  readonly paging?: Paging;
}

export interface ShownError {
  readonly error: {
    readonly message: string;
    readonly type?: string;
    readonly code: number;
    readonly error_subcode?: number;
    readonly is_transient?: boolean;
    readonly fbtrace_id?: string;
  };
}

export interface Reply<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: T;
}

export interface Asking {
  /** Default: the token of the first Page, as a header. */
  readonly token?: string;
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly method?: string;
}

/** Sends one request; a body that is no JSON makes `json` throw when it is read. */
export async function ask<T = Shown>(simulator: Simulator, path: string, asking: Asking = {}): Promise<Reply<T>> {
  const url = new URL(path.startsWith('http') ? path : `${simulator.url}/v25.0/${path}`);
  for (const [name, value] of Object.entries(asking.parameters ?? {})) url.searchParams.set(name, String(value));
  const token = asking.token ?? firstPage(simulator).token;
  const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: asking.method ?? 'GET', headers });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    get json() {
      return JSON.parse(text) as T;
    },
  };
}

export interface Walk {
  readonly parameters?: Readonly<Record<string, string | number>>;
  /** Runs before each page is asked for, counted from 1: the place to move things. */
  readonly beforePage?: (pageNumber: number) => void;
}

/** Follows the cursors of a list to its end and gives every page. */
export async function walk(simulator: Simulator, path: string, options: Walk = {}): Promise<ShownList[]> {
  const pages: ShownList[] = [];
  let after: string | undefined;
  do {
    options.beforePage?.(pages.length + 1);
    const cursor: Record<string, string> = after === undefined ? {} : { after };
    const { json } = await ask<ShownList>(simulator, path, { parameters: { ...options.parameters, ...cursor } });
    pages.push(json);
    after = json.paging?.next === undefined ? undefined : json.paging.cursors.after;
  } while (after !== undefined);
  return pages;
}

export function idsOf(pages: readonly ShownList[]): string[] {
  return pages.flatMap(({ data }) => data.map(({ id }) => id));
}

export function firstPage(simulator: Simulator): Page {
  return must(simulator.world.pages[0], 'test worlds have a Page');
}

/** The `offset`-th conversation from the top of the first Page. */
export function conversationAt(
  simulator: Simulator,
  offset: number,
): { readonly id: string; readonly updatedAt: number } {
  return must(firstPage(simulator).timelines.messenger.at(offset), `a conversation at offset ${offset}`);
}

/** A small world with the meter off, closed when the scope that holds it ends. */
export async function startSmall(options: SimulatorOptions = {}): Promise<Simulator & AsyncDisposable> {
  const simulator = await startSimulator({ pages: 1, conversations: 30, callsPerSecond: 0, ...options });
  return Object.assign(simulator, { [Symbol.asyncDispose]: () => simulator.close() });
}
