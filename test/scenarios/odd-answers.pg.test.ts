/** One thing in an answer that no database or parser can hold: it is reported with its id, and costs nothing else (I12). */
import { expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { Secret } from '../../src/lib/secret.ts';
import { openEye } from '../support/client.ts';
import { startRewritingProxy } from '../support/rewriting-proxy.ts';
import { openWorld } from '../support/world.ts';

const LONG = 'x'.repeat(4000);
const DEEP = 100_000;

it('a message whose id is too long, one nested beyond any parser, and a conversation with such an id', async () => {
  await using proxy = await startRewritingProxy();
  const settings = { graphApiUrl: proxy.url };
  const messagesPerConversation = { min: 3, max: 8, mean: 5 };
  const simulator = { conversations: 40, messagesPerConversation };
  await using world = await openWorld({ version: 17, connect: false, settings, simulator });
  proxy.target = world.simulator.url;
  await world.tidemark.pages.connect(new Secret(world.simulator.world.tokens.user));
  const [pageId = ''] = world.pageIds;
  const { conversations } = world.simulator.world.truth(pageId);
  const at = (place: number) => must(conversations[place], 'forty');
  const long = must(at(5).messages[1], 'three of them').id;
  const deep = must(at(6).messages[1], 'three of them').id;
  const nameless = at(7).id;
  proxy.rewrite = (text) =>
    text
      .replaceAll(`"id":"${long}"`, `"id":"${long}${LONG}"`)
      .replaceAll(`"id":"${deep}"`, `"id":"${deep}","deep":${'[{"a":'.repeat(DEEP)}1${'}]'.repeat(DEEP)}`)
      .replaceAll(`"id":"${nameless}"`, `"id":"${nameless}${LONG}"`);

  for (const forceFull of [false, true]) await world.tidemark.sync({ facebookPageId: pageId, forceFull });
  const told = world.events.flatMap((event) => (event.type === 'item-unreadable' ? [event.itemId] : []));
  expect(new Set(told)).toEqual(new Set([`${long}${LONG}`, `${nameless}${LONG}`]));
  const left = (await world.differences()).filter((line) => !line.includes(nameless) && !line.includes(long));
  const lost = new Set(at(7).messages.map(({ id }) => id));
  expect(left.filter((line) => !line.includes(deep) && ![...lost].some((id) => line.includes(id)))).toEqual([]);
  await using eye = await openEye(world.databaseUrl);
  const { rows } = await eye.client.query(
    'SELECT (SELECT count(*)::int FROM facebook_conversations) AS held, count(*)::int AS deep FROM facebook_messages WHERE id = $1',
    [deep],
  );
  expect(rows).toEqual([{ held: 39, deep: 1 }]);
});
