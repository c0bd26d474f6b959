/**
 * Whether a delivery comes from Facebook: it signs the bytes that it sends with the secret of the app. They must never be
 * parsed before, because what is written anew from the parsed form has another signature.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { type SignedDelivery, readSignature } from '../core/webhook.ts';
import type { Secret } from '../lib/secret.ts';

/** `secrets`: any of them, so that one can be replaced by another without losing a delivery. */
export function isSignedBy(secrets: readonly Secret[], { body, signature }: SignedDelivery): boolean {
  const given = readSignature(signature);
  if (given === undefined) return false;
  const bytes = Buffer.from(given, 'hex');
  return secrets.some((secret) => timingSafeEqual(createHmac('sha256', secret.reveal()).update(body).digest(), bytes));
}

/** Takes the same time wherever the two differ, and however long they are. */
export function isSameWord(expected: Secret, given: string): boolean {
  const digest = (word: string) => hash('sha256', word, 'buffer');
  return timingSafeEqual(digest(expected.reveal()), digest(given));
}
