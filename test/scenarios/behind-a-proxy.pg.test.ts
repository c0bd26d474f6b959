/** A network that reaches Facebook through a proxy only, with a certificate authority of its own. */
import { once } from 'node:events';
import { createServer as createHttpServer, request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { canCertify, makeCertificates } from '../support/certificates.ts';
import { startProgram } from '../support/program.ts';
import { TEST_KEY } from '../support/test-key.ts';
import { openWorld } from '../support/world.ts';

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

it.skipIf(!canCertify)('is told so by the environment, as other programs are', { timeout: 120_000 }, async () => {
  await using world = await openWorld({ version: 17, simulator: { conversations: 30 } });
  const certificates = makeCertificates('graph.tidemark.test');
  const facebook = createTlsServer(
    { key: certificates.read('key'), cert: certificates.read('certificate') },
    (asked, answer) => {
      const onward = request(`${world.simulator.url}${asked.url}`, { headers: asked.headers }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
      asked.pipe(onward);
    },
  );
  const port = await listen(facebook);
  const tunnels: string[] = [];
  const proxy = createHttpServer().on('connect', (asked, near) => {
    tunnels.push(asked.url ?? '');
    const far = connect(port, '127.0.0.1', () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n');
      near.pipe(far).pipe(near);
    });
    for (const socket of [near, far]) socket.on('error', () => {});
  });
  const proxyUrl = `http://127.0.0.1:${await listen(proxy)}`;
  const settings = {
    DATABASE_URL: world.databaseUrl,
    TIDEMARK_ENCRYPTION_KEY: TEST_KEY.reveal(),
    GRAPH_API_URL: 'https://graph.tidemark.test',
    NODE_EXTRA_CA_CERTS: certificates.ca,
  };
  const sync = async (env: Readonly<Record<string, string>>) => {
    await using program = startProgram(['sync', '--json'], { ...settings, ...env });
    return { status: (await program.ended)[0], stdout: program.stdout() };
  };
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY']) {
    tunnels.length = 0;
    expect(await sync({ [name]: proxyUrl }), name).toMatchObject({ status: 0 });
    expect(new Set(tunnels), name).toEqual(new Set(['graph.tidemark.test:443']));
  }
  expect(await world.differences()).toEqual([]);

  tunnels.length = 0;
  const direct = await sync({ HTTPS_PROXY: proxyUrl, NO_PROXY: 'tidemark.test' });
  expect(direct.status).toBe(1);
  expect(direct.stdout).toContain('GRAPH_UNREACHABLE');
  // Nor is this machine reached through one.
  const own = { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl, GRAPH_API_URL: world.simulator.url };
  expect(await sync(own)).toMatchObject({ status: 0 });
  expect(tunnels).toEqual([]);

  // An authority that this process was not told of: refused, and the sentence says why.
  const { NODE_EXTRA_CA_CERTS: _, ...untold } = settings;
  await using program = startProgram(['sync', '--json'], { ...untold, HTTPS_PROXY: proxyUrl });
  expect((await program.ended)[0]).toBe(1);
  expect(must(program.stdout(), 'an answer')).toMatch(/certificate/i);
});
