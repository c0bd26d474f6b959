/**
 * How the commands of the random tests are done. A failure of what is done must have a code of the catalogue, and
 * nobody may be left at work when a command has ended.
 */
import type { Blow, Command, Timed } from './commands.ts';
import { findThread, happen } from './happen.ts';
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
      const { effect, kind, platform, after, times } = command;
      const match = {
        after,
        ...(kind === undefined ? {} : { kind }),
        ...(platform === undefined ? {} : { platform }),
      };
      model.world.simulator.faults.add({ match, times, effect });
      return;
    }
    case 'lose-messages': {
      const thread = findThread(model, command.thread);
      if (thread !== undefined) await model.loseMessages(thread.id, command);
      return;
    }
    case 'lose-thread': {
      const thread = findThread(model, command.thread);
      if (thread !== undefined) await model.loseThread(thread.id);
      return;
    }
    case 'refuse-thread': {
      const thread = findThread(model, command.thread);
      if (thread !== undefined) model.refuse(thread.id, command.code);
      return;
    }
    default:
      return happen(model, command);
  }
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
