/** Takes the content of messages out of a delivery: of what was unsent nothing is kept but that it was there. */
import type { JsonObject, JsonValue } from '../core/model.ts';
import { isObject } from './shapes.ts';
import { itemsOf, toMessageId } from './webhook-events.ts';

/** What an event says of a message beside its content. */
const KEPT = ['mid', 'is_deleted', 'is_echo', 'num_edit'];

/** The delivery without the content of these messages, which are named as in the Graph API. */
export function redactDelivery(body: string, messageIds: ReadonlySet<string>): string {
  const delivery = JSON.parse(body) as { readonly object?: string; readonly entry?: readonly JsonValue[] };
  const platform = delivery.object === 'instagram' ? 'instagram' : 'messenger';
  for (const entry of delivery.entry ?? []) {
    if (!isObject(entry)) continue;
    for (const { item } of itemsOf(entry)) {
      if (!isObject(item)) continue;
      for (const [name, value] of Object.entries(item)) {
        const mid = isObject(value) ? value['mid'] : undefined;
        if (typeof mid !== 'string' || !messageIds.has(toMessageId(mid, { platform }))) continue;
        (item as Record<string, JsonValue | undefined>)[name] = withoutContent(value as JsonObject);
      }
    }
  }
  return JSON.stringify(delivery);
}

function withoutContent(told: JsonObject): JsonObject {
  return Object.fromEntries(KEPT.flatMap((name) => (told[name] === undefined ? [] : [[name, told[name]]])));
}
