import { describe, expect, it } from 'vitest';
import { createApp } from './app.ts';
import { fetchDocument, validator } from '../../test/support/http/described-app.ts';
import { createFakeTidemark } from '../../test/support/fake-tidemark.ts';

const app = createApp({ tidemark: createFakeTidemark() });
const document = await fetchDocument(app);
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

/** Every object anywhere in the document. */
function* objects(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const inner of Object.values(value)) yield* objects(inner);
}

describe('the OpenAPI document', () => {
  it('is OpenAPI 3.1 with a title and a version', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Tidemark', version: expect.any(String) } });
  });

  it('describes exactly the routes that the app has', () => {
    const served = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);

    expect(described.toSorted()).toEqual([...new Set(served)].toSorted());
    expect(described.length).toBeGreaterThanOrEqual(16);
  });

  it('gives every operation a name of its own and describes every response', () => {
    const names = operations.map(({ operation }) => operation.operationId);

    expect(new Set(names).size).toBe(names.length);
    for (const { operation } of operations) {
      expect(Object.keys(operation.responses)).toContain('200');
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(response.description).not.toBe('');
        // An answer that says there is nothing to say has no content.
        if (status === '204') continue;
        const [content] = Object.values(response.content);
        expect(content?.schema).toBeDefined();
      }
    }
  });

  it('declares every parameter of a path as required, and no other', () => {
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');

      expect(declared.map(({ name }) => name)).toEqual(inPath);
      expect(declared.every(({ required }) => required === true)).toBe(true);
    }
  });

  it('refers only to schemas that it holds, and speaks the dialect of 3.1', () => {
    const references = [...objects(document)].flatMap((object) => ('$ref' in object ? [String(object['$ref'])] : []));
    const held = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);

    expect(held).toEqual(expect.arrayContaining([...new Set(references)]));
    expect([...objects(document)].some((object) => 'nullable' in object)).toBe(false);
  });

  it('gives examples that its own schemas accept', () => {
    const examples = Object.entries(document.components.schemas).filter(([, schema]) => 'example' in schema);

    expect(examples.length).toBeGreaterThan(8);
    for (const [name, schema] of examples) {
      const checked = validator(document, { $ref: `#/components/schemas/${name}` }).safeParse(schema['example']);
      expect(checked.error, name).toBeUndefined();
    }
  });

  it('names the failures of a sync with the statuses of the error catalogue', () => {
    const responses = document.paths['/api/conversations/sync']?.['post']?.responses;

    expect(Object.keys(responses ?? {})).toEqual(['200', '400', '403', '404', '409', '413', '500', '502', '503']);
    for (const code of ['PAGE_ID_REQUIRED', 'PAGE_IDS_DISAGREE', 'INVALID_JSON', 'INVALID_INPUT']) {
      expect(responses?.['400']?.description).toContain(code);
    }
    expect(responses?.['503']?.description).toContain('THROTTLED');
    expect(responses?.['502']?.description).toContain('TOKEN_EXPIRED');
  });
});
