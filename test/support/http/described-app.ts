/**
 * For tests of the HTTP API: makes requests without a socket and holds every answer against the API's own OpenAPI
 * description, so that the two can't drift apart in any test.
 */
import { z } from '@hono/zod-openapi';
import type { Tidemark } from '../../../src/api/tidemark.ts';
import { createApp } from '../../../src/http/app.ts';
import type { HttpLog } from '../../../src/http/log.ts';

export interface JsonSchema {
  [key: string]: unknown;
}

export interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content: Readonly<Record<string, { schema: JsonSchema }>> }>
  >;
}

export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export type Ask = (path: string, init?: RequestInit) => Promise<Answer>;

/** Asks the app; throws when the answer is not one that the description promises. */
export async function describedApp(tidemark: Tidemark, log?: HttpLog): Promise<Ask> {
  const app = createApp({ tidemark, log });
  const document = await fetchDocument(app);
  return async (path, init = {}) => {
    const response = await app.request(path, init);
    const body: unknown = await response.json();
    const operation = findOperation(document, { path, method: init.method ?? 'GET' });
    const described = operation.responses[response.status];
    if (described === undefined) {
      throw new Error(`${operation.operationId} answers ${response.status}, undescribed: ${JSON.stringify(body)}`);
    }
    validator(document, described.content['application/json']?.schema ?? {}).parse(body);
    return { status: response.status, headers: response.headers, body };
  };
}

/** A POST, PATCH … with `body` as JSON. */
export function sending(method: string, body: unknown): RequestInit {
  return { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

export async function fetchDocument(app: ReturnType<typeof createApp>): Promise<OpenApiDocument> {
  const response = await app.request('/api/openapi.json');
  return (await response.json()) as OpenApiDocument;
}

function findOperation(document: OpenApiDocument, asked: { path: string; method: string }): Operation {
  const { pathname } = new URL(asked.path, 'http://localhost');
  // Literal paths before templates, as OpenAPI demands.
  const templates = Object.keys(document.paths).toSorted((a, b) => Number(a.includes('{')) - Number(b.includes('{')));
  for (const template of templates) {
    const matches = new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(pathname);
    const operation = document.paths[template]?.[asked.method.toLowerCase()];
    if (matches && operation !== undefined) return operation;
  }
  throw new Error(`${asked.method} ${pathname} is not described`);
}

/** What `schema` of the document accepts, fields that it does not name excluded. */
export function validator(document: OpenApiDocument, schema: JsonSchema): z.ZodType {
  return z.fromJSONSchema(closed({ ...schema, $defs: document.components.schemas }) as z.core.JSONSchema.JSONSchema);
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    key === '$ref' ? String(inner).replace('#/components/schemas/', '#/$defs/') : closed(inner),
  ]);
  const copy = Object.fromEntries(entries);
  return 'properties' in copy ? { ...copy, additionalProperties: false } : copy;
}
