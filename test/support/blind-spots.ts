/**
 * What was done to the world, or to the mirror, that a sync or a verify cannot see, so that a comparison can leave it
 * out: each level of proof has to be right about all that it promises, and is excused only from what it does not.
 */
import type { Conversation } from '../../simulator/model.ts';
import type { ConversationTruth } from '../../simulator/truth.ts';

/** What has been done before the comparison. */
export type Level = 'sync' | 'verify' | 'deep-verify';

type Thread = Pick<Conversation, 'id' | 'platform'>;

interface Changes {
  readonly thread: Thread;
  readonly edited: Set<string>;
  readonly unsent: Set<string>;
  readonly late: Set<string>;
}

export interface BlindSpots {
  /** Something about a thread changed that moves nothing. */
  changed(thread: Thread): void;
  /** One of its messages did. */
  changedMessage(thread: Thread, how: 'edited' | 'unsent' | 'late', messageId: string): void;
  /** Threads or messages that are, or are back, where no sync looks; or rows that were lost. */
  displaced(ids: readonly string[]): void;
  /** No list shows the thread any more, with these messages; or one does again. */
  hidden(thread: Thread, messageIds: readonly string[]): void;
  shown(threadId: string): void;
  refused(threadId: string): void;
  readonly hiddenThreads: readonly string[];
  readonly refusedThreads: ReadonlySet<string>;
  /** Whether only a verify can find the thread, so that no sync is to blame for it. */
  isDisplaced(id: string): boolean;
  /** Whether a broken promise is about what only a verify can see. */
  excusesPromise(line: string): boolean;
  /** Leaves out the differences that may be there; `conversations` are those of the world now. */
  remaining(
    lines: readonly string[],
    now: { readonly level: Level; readonly conversations: readonly ConversationTruth[] },
  ): string[];
}

const GONE = / is in the mirror but not in the world$/;
const QUIET_FIELD = /: (messageCount|unreadCount|snippet|updatedTime|text|isBare) is /;
const OF_MESSAGE = /^message \S+( is | in conversation |: (text|isBare) is )/;
/** Of an Instagram conversation no more messages than these can be proved to be gone, or be read again. */
const READABLE = 20;

export function createBlindSpots(): BlindSpots {
  const quiet = new Set<string>();
  const displaced = new Set<string>();
  const hidden = new Map<string, readonly string[]>();
  const refused = new Set<string>();
  const changes = new Map<string, Changes>();

  const changesOf = (thread: Thread): Changes => {
    const known = changes.get(thread.id);
    if (known !== undefined) return known;
    const fresh = { thread, edited: new Set<string>(), unsent: new Set<string>(), late: new Set<string>() };
    changes.set(thread.id, fresh);
    return fresh;
  };

  /** Messages that differ for all that a verify of this level knows. */
  const unprovable = (level: Level, conversations: readonly ConversationTruth[]): Set<string> => {
    const sizes = new Map(conversations.map(({ id, messages }) => [id, messages.length]));
    const ids = [...changes.values()].flatMap(({ thread, edited, unsent, late }) => {
      const isCounted = thread.platform === 'messenger';
      if (level === 'deep-verify') {
        const isLong = (sizes.get(thread.id) ?? 0) + unsent.size >= READABLE;
        return !isCounted && isLong ? [...edited, ...unsent] : [];
      }
      // One that is gone and one more leave the count as it was.
      const doesCountTell = level === 'verify' && isCounted && (unsent.size === 0 || late.size === 0);
      return doesCountTell ? [...edited] : [...edited, ...unsent, ...late];
    });
    return new Set(ids);
  };

  return {
    changed: ({ id }) => void quiet.add(id),
    changedMessage(thread, how, messageId) {
      quiet.add(thread.id);
      changesOf(thread)[how].add(messageId);
    },
    displaced(ids) {
      for (const id of ids) displaced.add(id);
    },
    hidden: ({ id }, messageIds) => void hidden.set(id, messageIds),
    shown: (threadId) => void hidden.delete(threadId),
    refused: (threadId) => void refused.add(threadId),
    get hiddenThreads() {
      return [...hidden.keys()];
    },
    refusedThreads: refused,
    isDisplaced: (id) => displaced.has(id),
    excusesPromise(line) {
      const late = [...changes.values()].flatMap((change) => [...change.late]);
      return isAbout(displaced, line) || isAbout(refused, line) || isAbout(new Set(late), line);
    },
    remaining(lines, { level, conversations }) {
      const unprovableIds = unprovable(level, conversations);
      const refusedIds = new Set(refused);
      for (const { id, messages } of conversations) {
        if (refused.has(id)) for (const message of messages) refusedIds.add(message.id);
      }
      const hiddenIds = new Set([...hidden].flatMap(([id, messageIds]) => [id, ...messageIds]));
      return lines.filter((line) => {
        if (isAbout(refusedIds, line)) return false;
        if (GONE.test(line) && isAbout(hiddenIds, line)) return false;
        if (OF_MESSAGE.test(line) && isAbout(unprovableIds, line)) return false;
        if (level !== 'sync') return true;
        if (GONE.test(line) || isAbout(displaced, line)) return false;
        return !QUIET_FIELD.test(line) || !isAbout(quiet, line);
      });
    },
  };
}

function isAbout(ids: ReadonlySet<string>, line: string): boolean {
  return [...ids].some((id) => line.includes(id));
}
