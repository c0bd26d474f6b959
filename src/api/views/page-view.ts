/** Pages as they are shown. There is no token in a Page, so none can be shown. */
import type { Page } from '../../core/model.ts';
import type { PageAnswer } from '../pages.ts';
import { toIso, toIsoOrNull } from './in-words.ts';

export function toPageView(page: Page): PageAnswer {
  return {
    id: page.id,
    facebookPageId: page.facebookPageId,
    name: page.name ?? null,
    isActive: page.isActive,
    status: page.status,
    statusDetail: page.statusDetail ?? null,
    instagramAccountId: page.instagramAccountId ?? null,
    lastSyncedAt: toIsoOrNull(page.lastSyncedAt),
    channels: page.channels.map(({ platform, status, statusDetail, lastSyncedAt }) => ({
      platform,
      status,
      statusDetail: statusDetail ?? null,
      lastSyncedAt: toIsoOrNull(lastSyncedAt),
    })),
    createdAt: toIso(page.createdAt),
    updatedAt: toIso(page.updatedAt),
  };
}

/** The three fields by which every answer says which Page it is about. */
export function nameOf({ id, facebookPageId, name }: Pick<Page, 'id' | 'facebookPageId' | 'name'>) {
  return { pageId: id, facebookPageId, pageName: name ?? null };
}
