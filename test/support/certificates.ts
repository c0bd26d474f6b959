/** A certificate authority of one's own, and a certificate by it for one name: what a company's network or database has. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface Certificates {
  /** Files in PEM. */
  readonly ca: string;
  readonly key: string;
  readonly certificate: string;
  read(file: 'ca' | 'key' | 'certificate'): string;
}

/** Made by openssl, which is not on every machine. */
export const canCertify = spawnSync('openssl', ['version']).status === 0;

/** Removed when the test has ended. */
export function makeCertificates(name: string): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-test-ca-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const at = (file: string) => join(folder, file);
  const openssl = (...args: string[]) => void execFileSync('openssl', args, { stdio: 'pipe', cwd: folder });
  const newKey = ['-newkey', 'rsa:2048', '-nodes', '-subj'] as const;
  openssl('req', '-x509', '-days', '2', ...newKey, '/CN=A CA of our own', '-keyout', 'ca.key', '-out', 'ca.pem');
  openssl('req', ...newKey, `/CN=${name}`, '-keyout', 'server.key', '-out', 'server.csr');
  writeFileSync(at('names'), `subjectAltName=DNS:${name}\n`);
  const sign = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.pem', ...sign);
  const files = { ca: at('ca.pem'), key: at('server.key'), certificate: at('server.pem') };
  return { ...files, read: (file) => readFileSync(files[file], 'utf8') };
}
