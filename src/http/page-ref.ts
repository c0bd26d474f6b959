/** Which Page a request is about. */
import { TidemarkError } from '../core/errors.ts';
import type { PageRef } from '../core/model.ts';

/** Throws PAGE_ID_REQUIRED. */
export function requirePageRef({ pageId, facebookPageId }: PageRef): void {
  if (pageId !== undefined || facebookPageId !== undefined) return;
  // Published clients look for exactly this sentence.
  throw new TidemarkError('PAGE_ID_REQUIRED', 'Page ID required');
}
