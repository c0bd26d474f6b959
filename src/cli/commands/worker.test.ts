import { describe, expect, it } from 'vitest';
import { createFake } from '../../../test/support/cli/fake-context.ts';

describe('tidemark worker', () => {
  it.each([
    [['worker'], 'jobs.start {"schedule":true}'],
    [['worker', '--no-schedule'], 'jobs.start {"schedule":false}'],
  ])('joins the jobs for `%s` without a server, and exits 0 on a signal', async (args, started) => {
    const fake = createFake();
    const running = fake.run(...args);
    while (!fake.stdout().includes('Ctrl-C')) await new Promise(setImmediate);
    fake.signals.emit('SIGTERM', 'SIGTERM');
    expect(await running).toBe(0);
    expect(fake.calls()).toEqual([started]);
    expect(fake.happened).toEqual(['open tidemark', 'close tidemark']);
  });
});
