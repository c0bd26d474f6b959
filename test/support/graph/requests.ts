/** A request to the stub server, and what it was refused with. For tests only. */
import { expect } from 'vitest';
import { GraphError } from '../../../src/core/errors.ts';
import { PAGE_ID } from './payloads.ts';
import type { TestRequest } from './ports.ts';

export function testRequest(extra: Partial<TestRequest> = {}): TestRequest {
  const subject = `the conversations of Page ${PAGE_ID}`;
  return { kind: 'light', path: [PAGE_ID, 'conversations'], params: { limit: 5 }, subject, ...extra };
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
