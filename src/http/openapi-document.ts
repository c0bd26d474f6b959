/**
 * The API's own description, made from the definitions that the routes run by. It lists itself too.
 */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { defineRoute } from './define-route.ts';
import { json, problems } from './responses.ts';

type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

const DocumentSchema = z.custom<OpenApiDocument>().meta({ type: 'object' });

const describeApi = defineRoute({
  method: 'get',
  path: '/api/openapi.json',
  operationId: 'describeApi',
  summary: 'This description, OpenAPI 3.1',
  tags: ['Description'],
  responses: { 200: { description: 'The document.', content: json(DocumentSchema) }, ...problems('INVALID_INPUT') },
});

/** Adds GET /api/openapi.json, which describes every route of `app` there is when it is first asked. */
export function addOpenApiDocument(app: OpenAPIHono): void {
  let document: OpenApiDocument | undefined;
  app.openapi(describeApi, (c) => c.json((document ??= buildDocument(app)), 200));
}

function buildDocument(app: OpenAPIHono): OpenApiDocument {
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Tidemark',
      version: '1',
      description: 'Mirrors the conversations of Facebook Pages into PostgreSQL. Failures answer with a `Problem`.',
      license: { name: 'MIT' },
    },
    servers: [{ url: '/' }],
  });
}
