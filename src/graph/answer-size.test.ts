import { gzipSync } from 'node:zlib';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { testClient } from '../../test/support/graph/ports.ts';
import { graphErrorOf, testRequest } from '../../test/support/graph/requests.ts';
import { MAX_ANSWER_BYTES } from './exchange.ts';

const GIGABYTE = 2 ** 30;
const CALLS = 20;

/** A gzip file of `size` blanks, made of members of 16 MiB each. */
function toBomb(size: number): Buffer {
  const member = gzipSync(Buffer.alloc(2 ** 24, ' '));
  return Buffer.concat(Array.from({ length: size / 2 ** 24 }, () => member));
}

test('an answer that unpacks to a gigabyte is cut, and twenty at once take no more memory than they may', async () => {
  const bomb = toBomb(GIGABYTE);
  expect(bomb.length).toBeLessThan(2 ** 21);
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    response.on('error', () => {});
    response.end(bomb);
  });
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await listening;
  const client = testClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const before = process.memoryUsage().rss;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss - before);
  }, 5);
  try {
    const errors = await Promise.all(Array.from({ length: CALLS }, () => graphErrorOf(client.get(testRequest()))));
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'GRAPH_ERROR', kind: 'too-much-data' });
      expect(error.message).toContain('larger than the 8 MiB that are taken');
    }
    expect(most).toBeLessThan(2 * CALLS * MAX_ANSWER_BYTES);
  } finally {
    clearInterval(watch);
    await client.close();
    server.closeAllConnections();
    server.close();
  }
}, 60_000);
