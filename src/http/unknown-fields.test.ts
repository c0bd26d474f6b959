/** Every route that there is, asked for something that it does not know. */
import { describe, expect, it } from 'vitest';
import { createApp } from './app.ts';
import { describedApp, fetchDocument, sending } from '../../test/support/http/described-app.ts';
import { PAGE_1 } from '../../test/support/answers.ts';
import { createFakeTidemark } from '../../test/support/fake-tidemark.ts';

const document = await fetchDocument(createApp({ tidemark: createFakeTidemark() }));
const operations = Object.entries(document.paths).flatMap(([template, methods]) =>
  Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
    method: method.toUpperCase(),
    path: template.replaceAll(/\{\w+\}/g, PAGE_1.id),
    query: parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
    body: requestBody?.content['application/json']?.schema,
  })),
);

async function refusal(path: string, init: RequestInit): Promise<unknown> {
  const tidemark = createFakeTidemark();
  const ask = await describedApp(tidemark);
  const { status, body } = await ask(path, init);
  expect({ status, body, asked: tidemark.asked }).toMatchObject({
    status: 400,
    body: { success: false, code: 'INVALID_INPUT' },
    asked: [],
  });
  return (body as { readonly error: string }).error;
}

describe('a query parameter that the route does not take', () => {
  it.each(operations)('is refused by $method $path, which says what it takes', async ({ method, path, query }) => {
    const takes = query.length === 0 ? 'nothing' : query.join(', ');

    expect(await refusal(`${path}?unheard_of=1`, { method })).toBe(
      `The query string does not take unheard_of; it takes ${takes}.`,
    );
  });
});

describe('a field that the body of a route does not take', () => {
  const withBody = operations.filter(({ method, path }) => {
    // What Facebook delivers has its own form, and is believed by its signature.
    return (method === 'POST' || method === 'PATCH') && path !== '/api/webhooks/meta';
  });

  it.each(withBody)('is refused by $method $path, which says what it takes', async ({ method, path, body }) => {
    const { $ref } = body as { readonly $ref: string };
    const schema = document.components.schemas[$ref.replace('#/components/schemas/', '')];
    const fields = Object.keys((schema?.['properties'] ?? {}) as object);

    expect(schema).toMatchObject({ additionalProperties: false });
    expect(await refusal(path, sending(method, { unheardOf: 1 }))).toContain(
      `The request body does not take unheardOf; it takes ${fields.length === 0 ? 'nothing' : fields.join(', ')}.`,
    );
  });
});

describe('the sentence', () => {
  const path = '/api/conversations/sync';

  it('names what was meant, as far as one can tell', async () => {
    expect(await refusal(path, sending('POST', { pageID: PAGE_1.id, forceful: true, other: 1 }))).toBe(
      'The request body does not take pageID (did you mean pageId?), forceful (did you mean forceFull?), other; ' +
        'it takes pageId, facebookPageId, platform, forceFull, maxDurationMs.',
    );
    expect(await refusal('/api/runs?limits=5', {})).toContain('limits (did you mean limit?)');
  });

  it('does not repeat what may be a secret in the place of a name', async () => {
    const token = `EAAB${'x'.repeat(60)}`;

    expect(await refusal(path, sending('POST', { [token]: '' }))).not.toContain('EAAB');
    expect(await refusal(`/api/pages?${token}`, {})).not.toContain('EAAB');
    expect(await refusal('/api/pages?a%1B%5B2J=1', {})).not.toContain('\u001B');
  });

  it('does not take names that every object has for known ones', async () => {
    for (const name of ['constructor', 'toString', '__proto__']) {
      const init = { method: 'POST', body: `{"pageId":"${PAGE_1.id}","${name}":{}}` };
      expect(await refusal(path, init)).toContain('does not take');
    }
  });
});
