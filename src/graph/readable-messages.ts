/**
 * Of a conversation Facebook shows the content of the newest messages only. An older one may come bare, with nothing but
 * its id and time, or its list may be refused with the words that it "has been deleted", which it has not.
 */
import { GraphError, isGraphError } from '../core/errors.ts';
import type { CursorPage, JsonValue, Platform } from '../core/model.ts';
import { SAFE_PAGE_SIZE } from './max-page-size.ts';
import { BARE_MESSAGE_FIELDS } from './messages.ts';

/** How many are surely shown with their content; more than these are not asked for with their conversation. */
export const READABLE_MESSAGES: Readonly<Record<Platform, number>> = { messenger: Infinity, instagram: 20 };

/** Such a refusal of several messages asks for fewer of them. Any other error stays what it is. */
export function asTooFarBack(error: unknown): unknown {
  if (!isGraphError(error, 'missing') || !saysMessageDeleted(error.message)) return error;
  const { code, message, usage, graphCode, graphSubcode, httpStatus } = error;
  const details = { usage, graphCode, graphSubcode, httpStatus, cause: error };
  return new TooFarBack(code, message, { kind: 'too-much-data', ...details });
}

/** In Facebook's own words, which stand in quotes; what was asked for stands before them. */
function saysMessageDeleted(message: string): boolean {
  const quote = message.slice(message.indexOf('“') + 1);
  return /\bmessages?\b/iu.test(quote) && /\bdeleted\b/iu.test(quote);
}

class TooFarBack extends GraphError {}

export interface ReadableList {
  readonly platform: Platform;
  /** Asks for so many messages, with these fields. Rejects with what `asTooFarBack` makes of a refusal. */
  readonly ask: (fields: string, limit: number) => Promise<CursorPage<JsonValue>>;
  readonly fields: string;
  readonly limit: number;
  /** Told when Facebook does not even show that there are older messages. */
  readonly onRefused: (reason: string) => void;
}

/**
 * Messages with their content as far as Facebook shows it. On Instagram, where older content is withheld by rule, then
 * bare ones, then the end of the list: what is refused in every form cannot be had. Elsewhere a refusal stays one, for
 * taken for the end of the list it would lose messages. Rejects while asking for fewer may still bring content.
 */
export async function askAsFarAsReadable({
  platform,
  ask,
  fields,
  limit,
  onRefused,
}: ReadableList): Promise<CursorPage<JsonValue>> {
  try {
    return await ask(fields, limit);
  } catch (error) {
    const isByRule = error instanceof TooFarBack && READABLE_MESSAGES[platform] < Infinity;
    if (!isByRule || limit > 1) throw error;
  }
  try {
    return await ask(BARE_MESSAGE_FIELDS, SAFE_PAGE_SIZE);
  } catch (error) {
    if (!(error instanceof TooFarBack)) throw error;
    onRefused(`Facebook does not show older messages: ${error.message}`);
    return { items: [], after: undefined };
  }
}
