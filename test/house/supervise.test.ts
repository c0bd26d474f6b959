/**
 * What happens between npm and the program: signals arrive once and are waited for, the exit status comes through,
 * and nothing is left running. Tried on real processes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';

const SUPERVISE = fileURLToPath(new URL('../../scripts/supervise.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tidemark-supervise-'));

/** Ends in good order a moment after the first signal, and tells how many it got. */
const PATIENT = `
  let signals = 0;
  const alive = setInterval(() => {}, 1000);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {
    signals += 1;
    console.log('heard ' + signal);
    if (signals > 1) return;
    setTimeout(() => {
      clearInterval(alive);
      console.log('ended after ' + signals + ' of ' + signal);
    }, 300);
  });
  console.log('pid ' + process.pid);
`;

beforeAll(() => {
  vi.setConfig({ testTimeout: 30_000 });
  writeFileSync(join(folder, 'patient.mjs'), PATIENT);
  writeFileSync(join(folder, 'status.mjs'), `process.exitCode = Number(process.argv[2]);`);
  writeFileSync(join(folder, 'killed.mjs'), `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`);
});

afterAll(() => {
  vi.resetConfig();
  rmSync(folder, { recursive: true, force: true });
});

/** Supervises a script in a process group of its own, as a terminal would. */
function start(script: string, ...args: readonly string[]) {
  const code = `import { supervise } from ${JSON.stringify(SUPERVISE)};
    await supervise(process.execPath, ${JSON.stringify([join(folder, script), ...args])});`;
  const supervisor = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    supervisor.kill('SIGKILL');
  });
  const output: string[] = [];
  supervisor.stdout.on('data', (text) => output.push(String(text)));
  return { supervisor, said: () => output.join('') };
}

async function exitStatus(process: ChildProcess): Promise<number | null> {
  const [status] = (await once(process, 'exit')) as [number | null];
  return status;
}

/** Waits until the program runs, and makes sure that it does not outlive the test. */
async function untilRunning(said: () => string): Promise<void> {
  await vi.waitFor(() => expect(said()).toMatch(/pid \d+/), { timeout: 10_000 });
  const pid = Number(/pid (\d+)/.exec(said())?.[1]);
  onTestFinished(() => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended, as it should.
    }
  });
}

test('the exit status of the program is the exit status', async () => {
  expect(await exitStatus(start('status.mjs', '3').supervisor)).toBe(3);
  expect(await exitStatus(start('status.mjs', '0').supervisor)).toBe(0);
});

test('a program that a signal ended gives 128 and its number', async () => {
  expect(await exitStatus(start('killed.mjs').supervisor)).toBe(128 + 9);
});

test('one Ctrl-C reaches the program once, though it reaches us twice, and its end is waited for', async () => {
  const { supervisor, said } = start('patient.mjs');
  await untilRunning(said);
  process.kill(-(supervisor.pid ?? 0), 'SIGINT');
  await vi.waitFor(() => expect(said()).toContain('heard SIGINT'), { timeout: 10_000 });
  supervisor.kill('SIGINT');
  expect(await exitStatus(supervisor)).toBe(0);
  expect(said()).toContain('ended after 1 of SIGINT');
});

test('the program ends in good order when its supervisor is killed', async () => {
  const { supervisor, said } = start('patient.mjs');
  await untilRunning(said);
  supervisor.kill('SIGKILL');
  await vi.waitFor(() => expect(said()).toContain('ended after 1 of SIGTERM'), { timeout: 10_000 });
});

test('the program ends in good order when the shell of npm dies without a word', async () => {
  const code = `import { supervise } from ${JSON.stringify(SUPERVISE)};
    await supervise(process.execPath, ${JSON.stringify([join(folder, 'patient.mjs')])});`;
  writeFileSync(join(folder, 'supervisor.mjs'), code);
  // The second command keeps the shell from turning into the first.
  const command = `"${process.execPath}" "${join(folder, 'supervisor.mjs')}"; exit $?`;
  const shell = spawn('sh', ['-c', command], {
    env: { ...process.env, npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output: string[] = [];
  shell.stdout.on('data', (text) => output.push(String(text)));
  await untilRunning(() => output.join(''));
  shell.kill('SIGTERM');
  await vi.waitFor(() => expect(output.join('')).toContain('ended after 1 of SIGTERM'), { timeout: 10_000 });
});
