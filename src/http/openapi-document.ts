/**
 * The API's own description, made from the definitions that the routes run by. It lists itself too.
 */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { json } from './schemas/fields.ts';

type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

const DocumentSchema = z.custom<OpenApiDocument>().openapi({ type: 'object' });

const describeApi = createRoute({
  method: 'get',
  path: '/api/openapi.json',
  operationId: 'describeApi',
  summary: 'This description, OpenAPI 3.1',
  tags: ['Description'],
  responses: { 200: { description: 'The document.', content: json(DocumentSchema) } },
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
