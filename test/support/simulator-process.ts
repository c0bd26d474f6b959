/**
 * The simulator as a process of its own, started as a user would: its clock and its meter are then not held up by
 * what the engine under test is doing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { CallCounter, Violation } from '../../simulator/calls.ts';
import type { Rules } from '../../simulator/options.ts';
import type { PageTruth } from '../../simulator/truth.ts';

const LAUNCHER = new URL('../../bin/tidemark.js', import.meta.url).pathname;

export interface SimulatorProcess extends AsyncDisposable {
  readonly url: string;
  readonly userToken: string;
  readonly pageIds: readonly string[];
  readonly pageTokens: readonly string[];
  truth(pageId: string): Promise<PageTruth>;
  calls(): Promise<{ readonly counters: CallCounter; readonly violations: readonly Violation[] }>;
  activity(wish: { pageId: string; newMessages?: number; newConversations?: number }): Promise<void>;
  /** Changes how it answers, from the next call on. */
  setRules(changes: Partial<Rules>): Promise<void>;
}

export async function startSimulatorProcess(flags: readonly string[]): Promise<SimulatorProcess> {
  const child = spawn(process.execPath, [LAUNCHER, 'simulate', '--port', '0', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const complaints: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
  let url: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url !== undefined) break;
  }
  if (url === undefined) throw new Error(`The simulator ended before it listened: ${complaints.join('')}`);
  const door = async (path: string, body?: unknown) => {
    const post = { method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(`${url}/_simulator/${path}`, body === undefined ? {} : post);
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json() as Promise<never>;
  };
  const state: { userToken: string; pages: readonly { id: string; token: string }[] } = await door('state');
  return {
    url,
    userToken: state.userToken,
    pageIds: state.pages.map((page) => page.id),
    pageTokens: state.pages.map((page) => page.token),
    truth: (pageId) => door(`truth?page=${pageId}`),
    calls: () => door('calls'),
    activity: async (wish) => void (await door('activity', wish)),
    setRules: async (changes) => void (await door('rules', changes)),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
