import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createApp } from './app.ts';
import { createFakeTidemark } from '../../test/support/fake-tidemark.ts';

it('a pino logger fits as it is', async () => {
  const written: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => written.push(line) });
  await createApp({ tidemark: createFakeTidemark(), log }).request('/healthz');

  expect(JSON.parse(written.join(''))).toMatchObject({ method: 'GET', path: '/healthz', status: 200 });
});
