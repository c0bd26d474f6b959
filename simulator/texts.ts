/**
 * Remembers the JSON of conversations, so that one that did not change is not written again for every answer. What is
 * remembered must be thrown away for anything that an answer depends on: the conversation's own changes, what was
 * asked, by whom, and the rules and the day of it.
 */
import { Written, toFacebookJson } from './json.ts';
import type { Conversation } from './model.ts';
import type { Shape, View } from './shape.ts';

/** Writes one conversation, or finds it written. */
export type Writer = (conversation: Conversation) => Written;

export interface Texts {
  /** `asked` names everything of the request that the shape was made from. */
  writer(asked: string, shape: Shape<Conversation>, view: View): Writer;
}

interface Remembered {
  readonly revision: number;
  readonly written: Written;
}

const DAY_MS = 24 * 3_600_000;
/** Some 50,000 conversations with ten messages each. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Forgets everything when it holds more than `mostBytes`. */
export function createTexts(mostBytes = MOST_BYTES): Texts {
  const byRequest = new Map<string, Map<Conversation, Remembered>>();
  let bytes = 0;

  const remember = (texts: Map<Conversation, Remembered>, conversation: Conversation, text: string): Written => {
    const written = new Written(text);
    bytes += text.length - (texts.get(conversation)?.written.bytes.length ?? 0);
    texts.set(conversation, { revision: conversation.revision, written });
    if (bytes > mostBytes) {
      for (const each of byRequest.values()) each.clear();
      byRequest.clear();
      bytes = 0;
    }
    return written;
  };

  return {
    writer(asked, shape, view) {
      const { rules, root, token, world } = view;
      // Media addresses are signed for a day.
      const day = Math.floor(world.now() / DAY_MS);
      const key = JSON.stringify([asked, root, token, day, rules]);
      const texts = byRequest.get(key) ?? new Map<Conversation, Remembered>();
      byRequest.set(key, texts);
      return (conversation) => {
        const known = texts.get(conversation);
        if (known?.revision === conversation.revision) return known.written;
        return remember(texts, conversation, toFacebookJson(shape(conversation, view)));
      };
    },
  };
}
