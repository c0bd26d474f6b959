/** How people appear in conversations and messages: with name and email on Messenger, with a username on Instagram. */
import type { JsonObject } from './json.ts';
import type { Person, Platform } from './model.ts';

export const PERSON_MEMBERS = ['name', 'email', 'username', 'id'] as const;

export function toPersonJson(person: Person, platform: Platform): JsonObject {
  if (platform === 'instagram') {
    return person.name === undefined ? { id: person.id } : { username: person.name, id: person.id };
  }
  const email = `${person.id}@facebook.com`;
  return person.name === undefined ? { email, id: person.id } : { name: person.name, email, id: person.id };
}
