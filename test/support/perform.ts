/**
 * How the commands of the random tests are done. A failure of what is done must have a code of the catalogue, and
 * nobody may be left at work when a command has ended.
 */
import { assertNever } from '../../src/lib/assert-never.ts';
import { must } from '../../src/lib/must.ts';
import type { Platform } from '../../simulator/model.ts';
import type { Blow, Command, Happening, Timed } from './commands.ts';
import { openPools } from './open-pools.ts';
import { codeOf, type ModelWorld } from './model-world.ts';

/** Does it, and waits until whatever it began has ended. */
export async function perform(model: ModelWorld, command: Command): Promise<void> {
  const { pageId } = model;
  switch (command.what) {
    case 'sync': {
      const forceFull = command.mode === 'forced';
      const maxDurationMs = command.mode === 'slice' ? 1 : undefined;
      const request = { facebookPageId: pageId, forceFull, maxDurationMs };
      return perturb(model, command.during, () => model.engine().sync(request));
    }
    case 'history':
      return perturb(model, command.during, () =>
        model.engine().collectHistory({ maxDurationMs: command.slice ? 1 : undefined }),
      );
    case 'verify': {
      const { repair, slice } = command;
      const request = { facebookPageId: pageId, repair, maxDurationMs: slice ? 1 : undefined };
      return perturb(model, command.during, () => model.engine().verify(request));
    }
    case 'two-engines': {
      const other = await model.openAnother();
      const request = { facebookPageId: pageId, forceFull: command.forced };
      return perturb(model, [], () => Promise.allSettled([model.engine().sync(request), other.sync(request)]));
    }
    case 'clear':
      return model.clearLastSynced();
    case 'restart':
      return model.restart();
    case 'terminate':
      return model.terminateConnections();
    case 'fault': {
      const { effect, kind, after, times } = command;
      model.world.simulator.faults.add({ match: { after, ...(kind === undefined ? {} : { kind }) }, times, effect });
      return;
    }
    default:
      return happen(model, command);
  }
}

function happen(model: ModelWorld, happening: Happening): void {
  const { world } = model.world.simulator;
  const { pageId } = model;
  const { platforms } = model.world;
  const timelineOf = (index: number) => world.page(pageId).timelines[platformOf(platforms, index)];
  const threadAt = (index: number) => {
    const timeline = timelineOf(index);
    return timeline.at(Math.floor(index / platforms.length) % Math.max(1, timeline.size))?.id;
  };
  switch (happening.what) {
    case 'messages': {
      const id = threadAt(happening.thread);
      if (id === undefined) return;
      for (let sent = 0; sent < happening.count; sent++) {
        model.pass(happening.gapMs);
        world.newMessage(pageId, id);
      }
      return;
    }
    case 'spread': {
      // From the bottom up, or the first to move would be met again.
      const timeline = timelineOf(happening.thread);
      const ids = timeline.slice(happening.thread % Math.max(1, timeline.size), happening.threads).map(({ id }) => id);
      for (const id of ids.toReversed()) {
        model.pass(happening.gapMs);
        world.newMessage(pageId, id);
      }
      return;
    }
    case 'threads':
      for (let made = 0; made < happening.count; made++) {
        model.pass(700);
        world.newConversation(pageId, { platform: platformOf(platforms, made), messages: [{}, {}] });
      }
      return;
    case 'delete-message':
    case 'edit': {
      const id = threadAt(happening.thread);
      const messages = world.truth(pageId).conversations.find((conversation) => conversation.id === id)?.messages ?? [];
      const message = messages.at(-1 - (happening.message % Math.max(1, messages.length)));
      if (id === undefined || message === undefined) return;
      model.changedUnseen(id);
      model.changedUnseen(message.id);
      if (happening.what === 'edit') world.editMessage(message.id, 'edited');
      else world.deleteMessage(message.id);
      return;
    }
    case 'delete-thread': {
      const id = threadAt(happening.thread);
      if (id !== undefined) world.deleteConversation(id);
      return;
    }
    case 'restore-thread': {
      const gone = world.truth(pageId).deletedConversations;
      const thread = gone[happening.thread % Math.max(1, gone.length)];
      if (thread === undefined) return;
      world.restoreConversation(thread.id);
      for (const id of [thread.id, ...thread.messages.map((message) => message.id)]) model.restoredUnseen(id);
      return;
    }
    case 'read': {
      const id = threadAt(happening.thread);
      if (id === undefined) return;
      model.changedUnseen(id);
      world.markRead(id);
      return;
    }
    case 'time':
      return model.pass(happening.ms);
    default:
      return assertNever(happening);
  }
}

/** Every other thread lies on the other platform, where there are two. */
function platformOf(platforms: readonly Platform[], index: number): Platform {
  return must(platforms[index % platforms.length], 'a world has a platform');
}

/** Runs the work and lets blows fall on it; its failure must have a code, and nobody may be left at work. */
async function perturb(model: ModelWorld, during: readonly Timed[], work: () => Promise<unknown>): Promise<void> {
  await model.forgetCallers();
  const outcomes: (string | undefined)[] = [];
  const atWork: Promise<void>[] = [];
  let isTerminated = false;
  const begin = (working: () => Promise<unknown>) => {
    const ended = codeOf(working()).then((code) => void outcomes.push(code));
    atWork.push(ended);
  };
  const strike = async (blow: Blow): Promise<void> => {
    if (blow.what === 'takeover') {
      await model.expireLease();
      const rival = await model.openAnother();
      begin(() => rival.sync({ facebookPageId: model.pageId }));
    } else if (blow.what === 'visit') {
      const { pageId } = model;
      begin(() => model.engine().sync({ facebookPageId: pageId }));
    } else if (blow.what === 'cancel') {
      const [latest] = await model.engine().runs.list({ limit: 1 });
      if (latest !== undefined) begin(() => model.engine().runs.cancel(latest.id));
    } else if (blow.what === 'terminate') {
      isTerminated = true;
      await model.terminateConnections();
    } else {
      happen(model, blow);
    }
  };
  const stop = model.onCall(async (index) => {
    for (const { call, blow } of during) {
      if (call !== index) continue;
      const struck = strike(blow);
      atWork.push(struck);
      await struck;
    }
  });
  begin(work);
  // A blow may bring in another one at work, who is waited for as well.
  for (let waitedFor = 0; waitedFor < atWork.length;) {
    waitedFor = atWork.length;
    await Promise.all(atWork);
  }
  stop();

  const { rows } = await model.client.query('SELECT FROM facebook_sync_state WHERE lease_run_id IS NOT NULL');
  if (rows.length > 0 && !isTerminated) throw new Error(`A lease was left behind (after ${String(outcomes)}).`);
  // A process whose database went away leaves its lease to run out.
  await model.expireLease();
  if (outcomes.some((code) => code === 'THROTTLED' || code === 'GRAPH_ERROR')) {
    // The pool stays parked for minutes, and a new process knows of it.
    model.world.simulator.quotas.reset();
    await openPools(model.client);
    await model.restart();
  }
}
