/** Answers the list of a person's Pages and the app's webhook subscription of a Page. */
import { answerOf, repeatedParameters } from './answer.ts';
import { readFields, readLimit } from './fields.ts';
import { cutPage, toListJson } from './listing.ts';
import { invalidParameter, missingObject } from './refusals.ts';
import { LISTED_PAGE } from './shape-page.ts';
import { compileShape } from './shape.ts';
import type { Answer, Question } from './answer.ts';
import type { Page } from './model.ts';

const DEFAULT_LIMIT = 25;

export function answerAccounts(question: Question): Answer {
  const { incoming, world, rules, view } = question;
  const { parameters } = incoming;
  const shape = compileShape(LISTED_PAGE, readFields(parameters['fields']));
  const limit = readLimit(parameters['limit'], { fallback: DEFAULT_LIMIT, cap: rules.listCap });
  const owner = `${world.userId}/accounts`;
  const { pages } = world;
  const { items, paging } = cutPage<Page>({
    source: {
      size: pages.length,
      slice: (offset, count) => pages.slice(offset, offset + count),
      standingOf: ({ index }) => ({ index, updatedAt: 0 }),
      find: ({ index }) => (pages[index] === undefined ? undefined : { offset: index, isThere: true }),
    },
    owner,
    limit,
    after: parameters['after'],
    before: parameters['before'],
    twist: question.twist,
    phantomNext: rules.phantomNext,
    deadCursorCode: rules.deadCursorCode,
    url: (cursor) =>
      `${view.root}/${owner}?access_token=${view.token}&pretty=0&limit=${limit}${repeatedParameters(incoming)}` +
      `&${new URLSearchParams(cursor)}`,
  });
  const body = toListJson(
    items.map((page) => shape(page, view)),
    paging,
  );
  const wantsSummary = ['1', 'true', 'total_count'].includes(parameters['summary'] ?? '');
  return answerOf(wantsSummary ? { ...body, summary: { total_count: pages.length } } : body);
}

/** A POST replaces the list of fields; the app stands once in the list, or not at all. */
export function answerSubscribedApps({ incoming, world }: Question, page: Page): Answer {
  switch (incoming.method) {
    case 'POST': {
      const fields = (incoming.parameters['subscribed_fields'] ?? '').split(',').filter(Boolean);
      if (fields.length === 0) throw invalidParameter('Param subscribed_fields must be non-empty');
      page.subscribedFields = fields;
      return answerOf({ success: true });
    }
    case 'DELETE':
      page.subscribedFields = undefined;
      return answerOf({ success: true });
    case 'GET': {
      const { subscribedFields } = page;
      const app = { category: 'Business', link: 'https://tidemark.example/', name: 'Simulated App' };
      const data =
        subscribedFields === undefined
          ? []
          : [{ ...app, id: world.settings.appId, subscribed_fields: subscribedFields }];
      return answerOf({ data });
    }
    default:
      throw missingObject(page.id, incoming.method.toLowerCase());
  }
}
