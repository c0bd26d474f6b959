/** Reads what a person calls a Page on the command line: our uuid, or Facebook's number. */
import { TidemarkError } from '../core/errors.ts';
import type { PageRef } from '../core/model.ts';

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const FACEBOOK_ID = /^\d{1,32}$/;

/** Throws USAGE. */
export function parsePageRef(text: string): PageRef {
  if (UUID.test(text)) return { pageId: text.toLowerCase() };
  if (FACEBOOK_ID.test(text)) return { facebookPageId: text };
  throw new TidemarkError('USAGE', `${JSON.stringify(text)} is no Page: give its uuid or its Facebook Page id.`);
}
