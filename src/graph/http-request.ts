/** A Graph request as an HTTP request: its address, with the app's proof, and the token in its header. */
import type { Clock } from '../core/ports.ts';
import type { Secret } from '../lib/secret.ts';
import { proveAppSecret } from './app-secret-proof.ts';
import type { AdmittedRequest, GraphParams, ListPart } from './call.ts';
import type { HttpRequest } from './exchange.ts';
import { toCursorParams } from './paging.ts';
import { toRelativeUrl } from './relative-url.ts';

export interface HttpRequestOptions {
  readonly baseUrl: string;
  readonly version: string;
  readonly appSecret?: Secret | undefined;
  readonly clock: Clock;
}

/** Throws a GraphError for an id that would lead out of its place in the path. */
export type ToHttpRequest = (request: AdmittedRequest, token: Secret) => HttpRequest;

export function createHttpRequests({ baseUrl, version, appSecret, clock }: HttpRequestOptions): ToHttpRequest {
  const root = [new URL(baseUrl).pathname.replace(/(?<!\/)\/+$/u, ''), version].join('/');
  const prove = (token: Secret): GraphParams =>
    appSecret === undefined ? {} : proveAppSecret({ appSecret, token, at: clock.now() });

  return ({ path, params, list, secrets = [], subject, signal, onSent }, token) => {
    const proof = prove(token);
    return {
      path: `${root}/${toRelativeUrl({ path, params: { ...params, ...toListParams(list), ...proof }, subject })}`,
      headers: { authorization: `Bearer ${token.reveal()}` },
      subject,
      secrets: [
        token.reveal(),
        appSecret?.reveal() ?? '',
        String(proof['appsecret_proof'] ?? ''),
        ...secrets.map((secret) => secret.reveal()),
      ],
      signal,
      onSent,
    };
  };
}

function toListParams(list: ListPart | undefined): GraphParams {
  return list === undefined ? {} : { limit: list.limit, ...toCursorParams(list.after) };
}
