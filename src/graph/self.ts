/**
 * Who the Page is among the people Facebook names: by id, never by order or name. Where its id is not known for sure
 * (Instagram without the account's id), what depends on it stays undefined.
 */
import type { Participant, Platform } from '../core/model.ts';
import { isObject, type Maybe, toEntries, toId, toParticipant } from './shapes.ts';

export interface Self {
  readonly ids: ReadonlySet<string>;
  /** Ids under which the Page has been seen to write besides: of a profile, or of a Page merged into it. */
  readonly otherIds: Set<string>;
  /** Whether an id that is not among `ids` surely belongs to somebody else. */
  readonly isComplete: boolean;
}

export interface SelfInput {
  readonly facebookPageId: string;
  readonly instagramAccountId: string | undefined;
  readonly platform: Platform;
}

export function toSelf({ facebookPageId, instagramAccountId, platform }: SelfInput): Self {
  return {
    ids: new Set(instagramAccountId === undefined ? [facebookPageId] : [facebookPageId, instagramAccountId]),
    otherIds: new Set(),
    isComplete: platform === 'messenger' || instagramAccountId !== undefined,
  };
}

/** Whether Facebook's person object is the Page. Old Instagram answers carry the account's id as `user_id`. */
function isSelf(person: Maybe, { ids, otherIds }: Self): boolean {
  return hasId(person, ids) || hasId(person, otherIds);
}

export function hasId(person: Maybe, ids: ReadonlySet<string>): boolean {
  if (!isObject(person)) return false;
  return [toId(person['id']), toId(person['user_id'])].some((id) => id !== undefined && ids.has(id));
}

/**
 * Who the Page talks to: the one participant that is not the Page. Where the Page is not among them by an id that is
 * known, a choice between two would be a guess, and so would be one between nameless ids.
 */
export function toContact(participants: Maybe, self: Self): Participant | undefined {
  const people = toEntries(participants);
  const others = people.filter((person) => !isSelf(person, self)).flatMap((person) => toParticipant(person) ?? []);
  const withId = others.filter(({ id }) => id !== undefined);
  const isSelfNamed = people.some((person) => isSelf(person, self));
  if (withId.length > 0) return isSelfNamed || withId.length === 1 ? withId[0] : undefined;
  return isSelfNamed && others.length === 1 ? others[0] : undefined;
}
