/** What is asked of one Page never shows anything of another one: an agency mirrors several clients. */
import { expect, it } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import { must } from '../../src/lib/must.ts';
import { openWorld } from '../support/world.ts';

it('a Page named by either id lists its own conversations, messages and runs alone', async () => {
  await using world = await openWorld({ version: 17, simulator: { pages: 3, conversations: 8 } });
  await world.tidemark.syncAll({});
  const app = createApp({ tidemark: world.tidemark });
  const ask = async (path: string) => {
    const answer = await app.request(path, { headers: { Host: '127.0.0.1' } });
    return { status: answer.status, body: (await answer.json()) as Record<string, readonly Record<string, string>[]> };
  };
  for (const facebookPageId of world.pageIds) {
    const { id } = await world.tidemark.pages.find({ facebookPageId });
    const own = world.simulator.world.truth(facebookPageId).conversations.map((thread) => thread.id);
    for (const name of [`facebookPageId=${facebookPageId}`, `pageId=${id}`]) {
      const { status, body } = await ask(`/api/conversations?limit=200&${name}`);
      expect(status).toBe(200);
      expect(
        must(body['conversations'], 'a list')
          .map((row) => row['id'])
          .toSorted(),
      ).toEqual(own.toSorted());
      const runs = must((await ask(`/api/runs?${name}`)).body['runs'], 'a list');
      expect(new Set(runs.map((run) => run['pageId']))).toEqual(new Set([id]));
      const foreign = world.pageIds.find((other) => other !== facebookPageId);
      const [thread] = world.simulator.world.truth(must(foreign, 'three Pages')).conversations;
      const path = `/api/conversations/${encodeURIComponent(must(thread, 'eight of them').id)}/messages`;
      expect((await ask(`${path}?${name}`)).status, 'of another Page').toBe(404);
    }
  }
  for (const unknown of ['facebookPageID=1', 'page=1', 'forcefull=true', 'unread=true']) {
    expect((await ask(`/api/conversations?${unknown}`)).status, unknown).toBe(400);
  }
});
