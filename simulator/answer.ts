/** What every part that answers requests shares: the question as understood, and the answer with its price. */
import { readFields } from './fields.ts';
import { compileShape } from './shape.ts';
import type { Caller } from './authorise.ts';
import type { ListTwist } from './faults.ts';
import type { Incoming } from './incoming.ts';
import type { Json } from './json.ts';
import type { Conversation } from './model.ts';
import type { Rules } from './options.ts';
import type { NodeType, View } from './shape.ts';
import type { Texts, Writer } from './texts.ts';
import type { World } from './world.ts';

export interface Question {
  readonly incoming: Incoming;
  readonly caller: Caller;
  readonly world: World;
  readonly rules: Rules;
  readonly view: View;
  readonly texts: Texts;
  /** A fault that bends the list in the answer. */
  readonly twist: ListTwist | undefined;
}

export interface Answer {
  readonly body: Json;
  /** Conversations answered without messages. */
  readonly light: number;
  /** Conversations answered with messages. */
  readonly full: number;
}

export function answerOf(body: Json, price: { light?: number; full?: number } = {}): Answer {
  return { body, light: price.light ?? 0, full: price.full ?? 0 };
}

/** Writes conversations as this request wants to see them. */
export function conversationWriter({ incoming, texts, view }: Question, type: NodeType<Conversation>): Writer {
  const { fields } = incoming.parameters;
  const shape = compileShape(type, readFields(fields));
  return texts.writer(`${type.defaults.join()} ${fields} ${view.nestedTwist}`, shape, view);
}

/** The request's own parameters, to be repeated in `next` addresses; never the token or its proof. */
export function repeatedParameters(incoming: Incoming): string {
  const repeated = new URLSearchParams();
  for (const [name, value] of Object.entries(incoming.parameters)) {
    if (!NOT_REPEATED.has(name)) repeated.set(name, value);
  }
  const text = repeated.toString();
  return text === '' ? '' : `&${text}`;
}

const NOT_REPEATED: ReadonlySet<string> = new Set([
  'access_token',
  'appsecret_proof',
  'appsecret_time',
  'after',
  'before',
  'limit',
  'pretty',
  'method',
]);
