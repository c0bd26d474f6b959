/** Which Page a request is about. */
import type { PageRef } from '../core/api/pages.ts';
import { TidemarkError } from '../core/errors.ts';

/** Throws PAGE_ID_REQUIRED. */
export function requirePageRef({ pageId, facebookPageId }: PageRef): void {
  if (pageId !== undefined || facebookPageId !== undefined) return;
  // Published clients look for exactly this sentence.
  throw new TidemarkError('PAGE_ID_REQUIRED', 'Page ID required');
}
