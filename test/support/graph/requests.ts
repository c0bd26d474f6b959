/** A request to the stub server, and what it was refused with. For tests only. */
import { expect } from 'vitest';
import { GraphError } from '../../../src/core/errors.ts';
import type { GraphRequest } from '../../../src/graph/call.ts';
import { PAGE_ID } from './payloads.ts';
import { recordingGate, token } from './ports.ts';

export function testRequest(extra: Partial<GraphRequest> = {}): GraphRequest {
  const subject = `the conversations of Page ${PAGE_ID}`;
  return { path: [PAGE_ID, 'conversations'], params: { limit: 5 }, subject, token, gate: recordingGate(), ...extra };
}

export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('should have been refused'),
    (error: unknown) => error,
  );
}

export async function graphErrorOf(promise: Promise<unknown>): Promise<GraphError> {
  const error = await errorOf(promise);
  expect(error).toBeInstanceOf(GraphError);
  return error as GraphError;
}
