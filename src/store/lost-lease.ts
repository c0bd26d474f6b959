/** Why a run may not write any more: somebody else goes on with its Page, or the Page is gone. */
import { TidemarkError } from '../core/errors.ts';
import type { Lease } from '../core/model.ts';
import type { Database } from './connect.ts';

/** The error for who has just been refused: LEASE_LOST or PAGE_NOT_FOUND. */
export async function whyLeaseIsLost(database: Database, { pageId, platform }: Lease): Promise<TidemarkError> {
  const pages = await database.query('SELECT FROM facebook_pages WHERE id = $1', [pageId]);
  return pages.length === 0
    ? new TidemarkError('PAGE_NOT_FOUND', `Page ${pageId} was removed while a run of it went on; the run has ended.`)
    : new TidemarkError('LEASE_LOST', `Another process has taken over the ${platform} sync of Page ${pageId}.`);
}
