/** What each phase of a run has cost is recorded with it, and adds up to what the whole run has. */
import { describe, expect, it } from 'vitest';
import type { RunAnswer } from '../../src/api/runs.ts';
import { must } from '../../src/lib/must.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

async function newestRun(world: TestWorld): Promise<RunAnswer> {
  const run = must((await world.tidemark.runs.list({ limit: 1 }))[0], 'a run');
  const calls = Object.values(run.phases).reduce((sum, phase) => sum + phase.calls, 0);
  expect(calls).toBe(run.graphCalls);
  return run;
}

describe('the phases of a run', () => {
  it('are survey, collect and commit of a sync, and survey alone when nothing is new', async () => {
    await using world = await openWorld({ version: 15, simulator: { conversations: 230, latency: { baseMs: 20 } } });
    const [facebookPageId] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    const full = await newestRun(world);
    expect(full.graphCalls).toBe(world.takeCalls());
    const { survey, collect, commit } = full.phases;
    expect(Object.keys(full.phases).toSorted()).toEqual(['collect', 'commit', 'survey']);
    // The first list page at least is looked at; a later one may be brought along with its messages.
    expect(survey?.rows).toBeGreaterThanOrEqual(100);
    expect(survey?.calls).toBe(Math.ceil(must(survey, 'a survey').rows / 100));
    expect(collect?.rows).toBeGreaterThanOrEqual(full.synced + full.eventsCreated);
    expect(commit).toMatchObject({ calls: 0, rows: full.synced + full.eventsCreated });
    for (const phase of [survey, collect, commit]) expect(phase?.durationMs).toBeGreaterThan(0);

    await world.tidemark.sync({ facebookPageId });
    expect(Object.keys((await newestRun(world)).phases)).toEqual(['survey']);
  });

  it('hold what verify asks for at its end, what history brings, and what a run had done when it failed', async () => {
    await using world = await openWorld({
      version: 17,
      simulator: { conversations: 60, messagesPerConversation: { min: 5, max: 200, mean: 40 } },
    });
    const [facebookPageId = ''] = world.pageIds;
    await world.tidemark.sync({ facebookPageId });
    await world.tidemark.collectHistory({});
    const history = must((await world.tidemark.runs.list({ limit: 1 }))[0], 'a run');
    expect(history).toMatchObject({ mode: 'history' });
    expect(history.phases.history?.calls).toBe(history.graphCalls);
    expect(history.phases.commit?.rows).toBe(history.eventsCreated);

    const gone = must((await world.tidemark.conversations.list({ limit: 1 })).items[0], 'a conversation');
    world.simulator.world.deleteConversation(gone.id);
    await world.tidemark.verify({ facebookPageId });
    expect((await newestRun(world)).phases).toMatchObject({
      survey: { calls: 1, rows: 59 },
      settle: { calls: 1, rows: 0 },
    });

    world.simulator.world.killToken(facebookPageId);
    await expect(world.tidemark.sync({ facebookPageId })).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(await newestRun(world)).toMatchObject({ status: 'failed', phases: { survey: { calls: 1, rows: 0 } } });
  });
});
