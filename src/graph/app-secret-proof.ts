/**
 * Proves to Facebook that a call comes from the app that the token belongs to. A proof is good for five minutes, so
 * it is made for one call and never kept.
 */
import { createHmac } from 'node:crypto';
import type { Instant } from '../core/model.ts';
import type { Secret } from '../lib/secret.ts';

export interface ProofInput {
  readonly appSecret: Secret;
  readonly token: Secret;
  readonly at: Instant;
}

/** The query parameters that carry the proof: HMAC-SHA256 of `token|unix seconds`, keyed with the app's secret. */
export function proveAppSecret({ appSecret, token, at }: ProofInput) {
  const seconds = Math.floor(at / 1000);
  const proof = createHmac('sha256', appSecret.reveal()).update(`${token.reveal()}|${seconds}`).digest('hex');
  return { appsecret_proof: proof, appsecret_time: seconds };
}
