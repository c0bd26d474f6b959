/**
 * Keeps the Instagram account of a Page current: a run asks Facebook for it once a day. An account that is gone ends
 * the run of its channel before anything is read, because an empty list would look as if all had been deleted.
 */
import { concernsOneObject, TidemarkError } from '../core/errors.ts';
import type { Page, Platform, RunMode } from '../core/model.ts';
import type { PageSource } from '../graph/page-source.ts';
import type { Database } from '../store/connect.ts';
import { askForInstagramAgain, claimInstagramCheck, saveInstagramAccount } from '../store/pages.ts';

export interface AccountCheck {
  readonly page: Page;
  readonly platform: Platform;
  readonly mode: RunMode;
  readonly source: Pick<PageSource, 'findInstagramAccount'>;
}

/** The account to work with. A Page that had none gets its channel with it. Rejects with PERMISSION_MISSING. */
export async function refreshInstagramAccount(database: Database, check: AccountCheck): Promise<string | undefined> {
  const { page, source } = check;
  const { id: pageId, instagramAccountId: known } = page;
  if (!(await isToBeAsked(database, check))) return known;
  const account = await source.findInstagramAccount().catch((error: unknown) => {
    // A fault of this one question is no reason to bring nothing; tomorrow it is asked again.
    if (check.mode === 'verify' || !concernsOneObject(error)) throw error;
    return 'hidden' as const;
  });
  if (account === 'hidden') return known;
  if (account.id !== undefined) {
    await saveInstagramAccount(database, pageId, account.id);
    return account.id;
  }
  if (known === undefined) return undefined;
  await askForInstagramAgain(database, pageId);
  const name = page.name ?? page.facebookPageId;
  throw new TidemarkError(
    'PERMISSION_MISSING',
    `Page ${name} has no Instagram account any more. What is mirrored of it stays. Link the account to the Page again, ` +
      'or grant instagram_basic if it still is.',
  );
}

/** By its own channel, or by the other one while there is none. A verify always asks: it is what marks deletions. */
async function isToBeAsked(database: Database, { page, platform, mode }: AccountCheck): Promise<boolean> {
  if (platform !== (page.instagramAccountId === undefined ? 'messenger' : 'instagram')) return false;
  if (mode === 'verify') return platform === 'instagram';
  return mode !== 'history' && !page.isInstagramChecked && (await claimInstagramCheck(database, page.id));
}
