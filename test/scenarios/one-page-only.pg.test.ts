/**
 * Whoever asks for one Page never sees another's: every operation of the API's own description that takes a Page is
 * asked for one of three, by either of its ids, in every place where an id can stand. An agency shows answers to clients.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import { must } from '../../src/lib/must.ts';
import { fetchDocument, type JsonSchema, type Operation, sending } from '../support/http/described-app.ts';
import { createFakeTidemark } from '../support/fake-tidemark.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

type Ids = Readonly<Record<'pageId' | 'facebookPageId', string>>;

const document = await fetchDocument(createApp({ tidemark: createFakeTidemark() }));

function fieldsOf({ requestBody }: Operation): readonly string[] {
  const { $ref = '' } = (requestBody?.content['application/json']?.schema ?? {}) as { readonly $ref?: string };
  const schema: JsonSchema = document.components.schemas[$ref.replace('#/components/schemas/', '')] ?? {};
  return Object.keys((schema['properties'] ?? {}) as object);
}

const operations = Object.entries(document.paths).flatMap(([template, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    method: method.toUpperCase(),
    template,
    query: (operation.parameters ?? []).filter((parameter) => parameter.in === 'query').map(({ name }) => name),
    body: fieldsOf(operation),
  })),
);
const takesPage = (names: readonly string[]) => names.includes('pageId');
const byQuery = operations.filter(({ query }) => takesPage(query));
const byBody = operations.filter(({ body }) => takesPage(body));

describe('what is asked of one Page', () => {
  let world: TestWorld;
  let app: ReturnType<typeof createApp>;
  let pages: readonly Ids[];
  /** What only one Page has: its ids, its conversations, their messages and its runs. */
  const marks = new Map<string, readonly string[]>();

  beforeAll(async () => {
    world = await openWorld({ version: 17, simulator: { pages: 3, conversations: 8 } });
    app = createApp({ tidemark: world.tidemark });
    await world.tidemark.syncAll({});
    pages = (await world.tidemark.pages.list()).map(({ id, facebookPageId }) => ({ pageId: id, facebookPageId }));
    for (const { pageId, facebookPageId } of pages) {
      const { conversations } = world.simulator.world.truth(facebookPageId);
      const runs = await world.tidemark.runs.list({ pageId });
      marks.set(pageId, [
        pageId,
        facebookPageId,
        ...conversations.flatMap(({ id, messages }) => [id, ...messages.map((message) => message.id)]),
        ...runs.map(({ id }) => id),
      ]);
    }
  });
  afterAll(() => world[Symbol.asyncDispose]());

  async function ask(path: string, init: RequestInit = {}) {
    const response = await app.request(path, init);
    return { status: response.status, text: await response.text() };
  }
  const page = (index: number) => must(pages[index], 'the world has three Pages');
  const othersIn = (text: string, { pageId }: Ids) =>
    [...marks].filter(([id]) => id !== pageId).flatMap(([, own]) => own.filter((mark) => text.includes(mark)));
  const conversationOf = ({ facebookPageId }: Ids) =>
    must(world.simulator.world.truth(facebookPageId).conversations[0], 'it has some').id;
  const fill = (template: string, id: string) => template.replaceAll(/\{\w+\}/g, encodeURIComponent(id));
  const references = (ids: Ids) => [{ pageId: ids.pageId }, { facebookPageId: ids.facebookPageId }, ids];
  const toQuery = (query: Record<string, string>) => new URLSearchParams(query).toString();

  it('is asked of all operations that take one', () => {
    expect(byQuery.map(({ template }) => template)).toEqual(
      expect.arrayContaining(['/api/conversations', '/api/conversations/{id}/messages', '/api/runs']),
    );
    expect(byBody.map(({ template }) => template)).toEqual(
      expect.arrayContaining([
        '/api/conversations/sync',
        '/api/conversations/sync-stream',
        '/api/conversations/verify',
      ]),
    );
    for (const { query, body } of [...byQuery, ...byBody]) {
      if (takesPage(query)) expect(query).toContain('facebookPageId');
      if (takesPage(body)) expect(body).toContain('facebookPageId');
    }
  });

  it.each(byQuery)('is answered with nothing of another by $method $template', async ({ method, template, query }) => {
    for (const index of [0, 1, 2]) {
      const path = fill(template, conversationOf(page(index)));
      for (const reference of references(page(index))) {
        const { status, text } = await ask(`${path}?${toQuery(reference)}`, { method });
        expect(status, text).toBe(200);
        expect(othersIn(text, page(index))).toEqual([]);
      }
      const disagreeing = { pageId: page(index).pageId, facebookPageId: page((index + 1) % 3).facebookPageId };
      expect((await ask(`${path}?${toQuery(disagreeing)}`, { method })).status).toBe(400);
      const unknown = await ask(`${path}?${toQuery({ facebookPageId: '1' })}`, { method });
      expect(unknown).toMatchObject({ status: 404, text: expect.stringContaining('PAGE_NOT_FOUND') });
      if (!query.includes('cursor')) continue;

      // A place in the list of another Page is none in this one.
      const other = page((index + 1) % 3);
      const otherPath = fill(template, conversationOf(other));
      const first = await ask(`${otherPath}?${toQuery({ pageId: other.pageId, limit: '1' })}`, { method });
      const cursor = (JSON.parse(first.text) as { readonly nextCursor: string | null }).nextCursor;
      if (cursor === null) continue;
      const { text } = await ask(`${path}?${toQuery({ pageId: page(index).pageId, cursor })}`, { method });
      expect(othersIn(text, page(index))).toEqual([]);
    }
  });

  it.each(byQuery.filter(({ template }) => template.includes('{id}')))(
    'does not find what is another Page’s by $method $template',
    async ({ method, template }) => {
      const path = fill(template, conversationOf(page(1)));
      const { status, text } = await ask(`${path}?${toQuery({ pageId: page(0).pageId })}`, { method });
      expect([404, 200]).toContain(status);
      expect(othersIn(text.replaceAll(conversationOf(page(1)), ''), page(0))).toEqual([]);
    },
  );

  it.each(byBody)('is done with nothing of another by $method $template', async ({ method, template }) => {
    for (const index of [0, 1]) {
      for (const reference of references(page(index))) {
        const { status, text } = await ask(template, sending(method, reference));
        expect(status, text).toBe(200);
        expect(othersIn(text, page(index))).toEqual([]);
      }
      const disagreeing = { pageId: page(index).pageId, facebookPageId: page(index + 1).facebookPageId };
      expect((await ask(template, sending(method, disagreeing))).status).toBe(400);
      expect((await ask(template, sending(method, { facebookPageId: '1' }))).status).toBe(404);
    }
  });
});
