import { describe, expect, it } from 'vitest';
import { must } from '../src/lib/must.ts';
import { ask, conversationAt, firstPage, idsOf, startSmall, walk } from '../test/support/simulator/ask.ts';
import type { Paging, ShownError, ShownList } from '../test/support/simulator/ask.ts';

describe('since', () => {
  const setUp = async (
    since: 'ignored' | 'honoured' | 'lossy',
  ): Promise<{ shown: string[]; expected: string[]; all: string[] }> => {
    await using simulator = await startSmall({ since, conversations: 120 });
    const page = firstPage(simulator);
    const { conversations } = simulator.world.truth(page.id);
    const sinceSeconds = Math.floor(Date.parse(must(conversations[70]?.updatedTime, 'no odd data')) / 1000);
    const pages = await walk(simulator, `${page.id}/conversations`, { parameters: { limit: 25, since: sinceSeconds } });
    const expected = conversations.filter(({ updatedTime }) => Date.parse(updatedTime ?? '') >= sinceSeconds * 1000);
    return { shown: idsOf(pages), expected: expected.map(({ id }) => id), all: conversations.map(({ id }) => id) };
  };

  it('is ignored by default', async () => {
    const { shown, all } = await setUp('ignored');
    expect(shown).toEqual(all);
  });

  it('can be honoured: nothing older, everything newer', async () => {
    const { shown, expected } = await setUp('honoured');
    expect(shown).toEqual(expected);
  });

  it('can be lossy: honoured, with some of it missing', async () => {
    const { shown, expected } = await setUp('lossy');
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.length).toBeLessThan(expected.length);
    expect(shown.every((id) => expected.includes(id))).toBe(true);
  });
});

describe('cursors', () => {
  const cursorsOf = async (
    simulator: Awaited<ReturnType<typeof startSmall>>,
    limit: number,
  ): Promise<Paging['cursors']> => {
    const path = `${firstPage(simulator).id}/conversations`;
    const { json } = await ask<ShownList>(simulator, path, { parameters: { limit } });
    return must(json.paging, 'a list with items has cursors').cursors;
  };

  it('die when their conversation is deleted, and live again with it', async () => {
    await using simulator = await startSmall();
    const path = `${firstPage(simulator).id}/conversations`;
    const { after } = await cursorsOf(simulator, 10);
    const { id } = conversationAt(simulator, 9);
    simulator.world.deleteConversation(id);
    const dead = await ask<ShownError>(simulator, path, { parameters: { after } });
    expect(dead.status).toBe(400);
    expect(dead.json.error).toMatchObject({ code: 100, message: '(#100) Invalid cursors values' });
    simulator.rules.deadCursorCode = 2642;
    expect((await ask<ShownError>(simulator, path, { parameters: { after } })).json.error.code).toBe(2642);
    simulator.world.restoreConversation(id);
    expect((await ask(simulator, path, { parameters: { after } })).status).toBe(200);
  });

  it('are refused when made up or made for another list', async () => {
    await using simulator = await startSmall({ pages: 2 });
    const { after } = await cursorsOf(simulator, 10);
    const path = `${firstPage(simulator).id}/conversations`;
    const madeUp = await ask<ShownError>(simulator, path, { parameters: { after: 'QVFIUabc' } });
    expect(madeUp.json.error.code).toBe(100);
    const { id, token } = must(simulator.world.pages[1], 'a second Page');
    const other = await ask<ShownError>(simulator, `${id}/conversations`, { token, parameters: { after } });
    expect(other.json.error.code).toBe(100);
  });

  it('miss a thread that jumps ahead of the walk and repeat none', async () => {
    await using simulator = await startSmall({ conversations: 40 });
    const page = firstPage(simulator);
    const before = simulator.world.truth(page.id).conversations.map(({ id }) => id);
    const jumper = must(before[35], 'a conversation far down');
    const pages = await walk(simulator, `${page.id}/conversations`, {
      parameters: { limit: 10 },
      beforePage: (pageNumber) => {
        if (pageNumber === 3) simulator.world.newMessage(page.id, jumper);
      },
    });
    expect(idsOf(pages)).toEqual(before.filter((id) => id !== jumper));
    expect(simulator.world.truth(page.id).conversations[0]?.id).toBe(jumper);
  });

  it('go on where a thread stood that jumped away', async () => {
    await using simulator = await startSmall({ conversations: 40 });
    const page = firstPage(simulator);
    const before = simulator.world.truth(page.id).conversations.map(({ id }) => id);
    const pages = await walk(simulator, `${page.id}/conversations`, {
      parameters: { limit: 10 },
      beforePage: (pageNumber) => {
        if (pageNumber === 2) simulator.world.newMessage(page.id, must(before[9], 'the item of the cursor'));
      },
    });
    expect(idsOf(pages)).toEqual(before);
  });

  it('can follow their item to the top instead, and then repeat what was seen', async () => {
    await using simulator = await startSmall({ conversations: 40, cursorFollows: 'item' });
    const page = firstPage(simulator);
    const before = simulator.world.truth(page.id).conversations.map(({ id }) => id);
    const jumper = must(before[9], 'the item of the cursor');
    const pages = await walk(simulator, `${page.id}/conversations`, {
      parameters: { limit: 10 },
      beforePage: (pageNumber) => {
        if (pageNumber === 2) simulator.world.newMessage(page.id, jumper);
      },
    });
    expect(idsOf(pages.slice(1))).toEqual(before.filter((id) => id !== jumper));
  });
});
