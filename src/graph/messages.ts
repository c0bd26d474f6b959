/** Messages of Facebook as snapshots. Every field but the id may be missing; the raw object is kept as it came. */
import type { JsonObject, JsonValue, MessageSnapshot, Platform } from '../core/model.ts';
import { hasId, type Self } from './self.ts';
import {
  isObject,
  type Maybe,
  noteCutLists,
  OddItem,
  requireId,
  toEntries,
  toId,
  toInstant,
  toParticipant,
  toText,
} from './shapes.ts';

const SHARES = 'shares{id,link,name,description,picture,template}';

/** What is asked of a message. Facebook leaves out what has no data; members of a share must be asked for by name. */
export const MESSAGE_FIELDS: Readonly<Record<Platform, string>> = {
  messenger: `id,created_time,from,to,message,attachments,${SHARES},sticker,tags,reactions,reply_to,story,is_unsupported`,
  instagram: `id,created_time,from,to,message,attachments,${SHARES},reactions,reply_to,story,is_unsupported`,
};

/** Lists in a message. Each ends with the answer as a rule; one that goes on is not read on, but marked. */
const LISTS = ['to', 'attachments', 'shares', 'reactions', 'tags'];

/** What Facebook shows of every message, also of one whose content it does not show any more. */
export const BARE_MESSAGE_FIELDS = 'id,created_time';

/** Throws an OddItem for what is not an object with an id. */
export function parseMessage(value: JsonValue, self: Self): MessageSnapshot {
  if (!isObject(value)) throw new OddItem('it is not an object');
  const id = requireId(value['id']);
  const replyTo = value['reply_to'];
  return {
    id,
    createdAt: toInstant(value['created_time']),
    from: toParticipant(value['from']),
    direction: toDirection(value, self),
    text: toText(value['message']),
    attachments: toAttachments(value['attachments'], value['shares'], value['sticker']),
    reactions: toEntries(value['reactions']),
    replyTo: isObject(replyTo) ? toId(replyTo['mid']) : undefined,
    raw: noteCutLists(value, LISTS),
  };
}

/**
 * The Page's own id decides, on either side. Where it is on neither, the Page may write under another id: then the tag
 * that Facebook puts on what a Page has sent tells, and that id is the Page's from then on.
 */
function toDirection({ from, to, tags }: JsonObject, self: Self): MessageSnapshot['direction'] {
  if (hasId(from, self.ids)) return 'outbound';
  const fromId = isObject(from) ? toId(from['id']) : undefined;
  if (fromId !== undefined && toEntries(to).some((person) => hasId(person, self.ids))) return 'inbound';
  if (toEntries(tags).some((tag) => isObject(tag) && tag['name'] === 'sent')) {
    if (fromId !== undefined) self.otherIds.add(fromId);
    return 'outbound';
  }
  if (hasId(from, self.otherIds)) return 'outbound';
  return fromId !== undefined && self.isComplete ? 'inbound' : undefined;
}

/**
 * Everything a message carries beside its text, in one list: Facebook's attachments as they are, then its shares as
 * `{"type": "share", …}` and its sticker as `{"type": "sticker", "url"}`. Facebook's own attachments have no `type`.
 */
function toAttachments(attachments: Maybe, shares: Maybe, sticker: Maybe): readonly JsonValue[] {
  const files = toEntries(attachments);
  const url = toText(sticker);
  if (shares === undefined && url === undefined) return files;
  return [
    ...files,
    ...toEntries(shares).map((share) => Object.assign({ type: 'share' }, isObject(share) ? share : { value: share })),
    ...(url === undefined ? [] : [{ type: 'sticker', url }]),
  ];
}
