/** How what happens in the world of the random tests is done; what of it no sync or no verify can see is noted. */
import { must } from '../../src/lib/must.ts';
import type { Conversation, Platform } from '../../simulator/model.ts';
import type { MessageTruth } from '../../simulator/truth.ts';
import type { Happening } from './commands.ts';
import type { ModelWorld } from './model-world.ts';

/** Every other number means a thread of the other platform, where there are two. */
function platformOf(platforms: readonly Platform[], number: number): Platform {
  return must(platforms[number % platforms.length], 'a world has a platform');
}

function timelineOf({ world, pageId }: ModelWorld, number: number) {
  return world.simulator.world.page(pageId).timelines[platformOf(world.platforms, number)];
}

/** The thread that a number means; undefined when there is none. */
export function findThread(model: ModelWorld, number: number): Conversation | undefined {
  const timeline = timelineOf(model, number);
  return timeline.at(Math.floor(number / model.world.platforms.length) % Math.max(1, timeline.size));
}

/** Oldest first. */
function messagesOf({ world, pageId }: ModelWorld, { id }: Conversation): readonly MessageTruth[] {
  const { conversations } = world.simulator.world.truth(pageId);
  return conversations.find((conversation) => conversation.id === id)?.messages ?? [];
}

/** Each does one kind, to the thread that its number means. */
type Acts = {
  readonly [What in Exclude<Happening['what'], 'spread' | 'threads' | 'restore-thread' | 'show-thread' | 'time'>]: (
    model: ModelWorld,
    thread: Conversation,
    happening: Extract<Happening, { readonly what: What }>,
  ) => void;
};

const TO_A_THREAD: Acts = {
  messages(model, { id }, { count, gapMs }) {
    for (let sent = 0; sent < count; sent++) {
      model.pass(gapMs);
      model.world.simulator.world.newMessage(model.pageId, id);
    }
  },
  late(model, thread, { below }) {
    const messages = messagesOf(model, thread);
    const newer = messages[Math.max(0, messages.length - below)];
    if (newer === undefined) return;
    const { world } = model.world.simulator;
    const { messageId } = world.newMessage(model.pageId, thread.id, { createdAt: Date.parse(newer.createdTime) - 1 });
    model.blindSpots.changedMessage(thread, 'late', messageId);
  },
  'delete-message'(model, thread, { message: number }) {
    const message = pick(messagesOf(model, thread), number);
    if (message === undefined) return;
    model.blindSpots.changedMessage(thread, 'unsent', message.id);
    model.world.simulator.world.deleteMessage(message.id);
  },
  edit(model, thread, { message: number }) {
    const message = pick(messagesOf(model, thread), number);
    if (message === undefined) return;
    model.blindSpots.changedMessage(thread, 'edited', message.id);
    model.world.simulator.world.editMessage(message.id, 'edited');
  },
  read(model, thread) {
    model.blindSpots.changed(thread);
    model.world.simulator.world.markRead(thread.id);
  },
  'delete-thread': (model, { id }) => model.world.simulator.world.deleteConversation(id),
  'hide-thread'(model, thread) {
    model.blindSpots.hidden(
      thread,
      messagesOf(model, thread).map(({ id }) => id),
    );
    model.world.simulator.world.hideConversation(thread.id);
  },
  'rename-thread'(model, thread) {
    if (thread.platform !== 'messenger') return;
    model.blindSpots.displaced(messagesOf(model, thread).map(({ id }) => id));
    model.blindSpots.displaced([model.world.simulator.world.renameConversation(thread.id)]);
  },
  'date-thread'(model, thread, { byMs }) {
    const newest = messagesOf(model, thread).at(-1);
    // An Instagram conversation has nothing but its date that tells of a new message.
    if (newest === undefined || thread.platform !== 'messenger') return;
    model.blindSpots.changed(thread);
    model.blindSpots.displaced([thread.id, newest.id]);
    model.world.simulator.world.dateConversation(thread.id, Date.parse(newest.createdTime) + byMs);
  },
};

export function happen(model: ModelWorld, happening: Happening): void {
  const { world } = model.world.simulator;
  const { pageId } = model;
  switch (happening.what) {
    case 'time':
      return model.pass(happening.ms);
    case 'threads':
      for (let made = 0; made < happening.count; made++) {
        model.pass(700);
        world.newConversation(pageId, { platform: platformOf(model.world.platforms, made), messages: [{}, {}] });
      }
      return;
    case 'spread': {
      // From the bottom up, or the first to move would be met again.
      const timeline = timelineOf(model, happening.thread);
      const ids = timeline.slice(happening.thread % Math.max(1, timeline.size), happening.threads).map(({ id }) => id);
      for (const id of ids.toReversed()) {
        model.pass(happening.gapMs);
        world.newMessage(pageId, id);
      }
      return;
    }
    case 'restore-thread': {
      const thread = pick(world.truth(pageId).deletedConversations, happening.thread);
      if (thread === undefined) return;
      world.restoreConversation(thread.id);
      model.blindSpots.displaced([thread.id, ...thread.messages.map((message) => message.id)]);
      return;
    }
    case 'show-thread': {
      const id = pick(model.blindSpots.hiddenThreads, happening.thread);
      if (id === undefined) return;
      model.blindSpots.shown(id);
      world.newMessage(pageId, id);
      return;
    }
    default: {
      const thread = findThread(model, happening.thread);
      const act = TO_A_THREAD[happening.what] as (model: ModelWorld, thread: Conversation, what: Happening) => void;
      if (thread !== undefined) act(model, thread, happening);
    }
  }
}

/** Counted from the newest, round and round. */
function pick<T>(items: readonly T[], number: number): T | undefined {
  return items.at(-1 - (number % Math.max(1, items.length)));
}
