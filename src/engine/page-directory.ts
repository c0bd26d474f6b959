/** The Pages as the engine offers them: connected with a token, listed, paused, removed. A token never comes back out. */
import type { Tidemark } from '../api/tidemark.ts';
import { toPageView } from '../api/views/page-view.ts';
import type { Send } from '../graph/call.ts';
import { discoverPages } from '../graph/pages.ts';
import { must } from '../lib/must.ts';
import { Secret } from '../lib/secret.ts';
import {
  findReferredPage,
  findStoredToken,
  listPages,
  openToken,
  removePage,
  savePages,
  setPageActive,
} from '../store/pages.ts';
import type { Store } from '../store/open-store.ts';

export interface PageDirectoryParts {
  readonly store: Store;
  readonly openCaller: (token: Secret) => Send;
}

export function openPageDirectory({ store, openCaller }: PageDirectoryParts): Tidemark['pages'] {
  const { database, cipher } = store;
  return {
    list: async () => (await listPages(database)).map(toPageView),
    find: async (ref) => toPageView(await findReferredPage(database, ref)),
    async connect(given) {
      const accessToken = typeof given === 'string' ? new Secret(given) : given;
      const found = await discoverPages({ send: openCaller(accessToken), token: accessToken });
      const saved = found.connected.length === 0 ? [] : await savePages(database, cipher, found.connected);
      return {
        connected: saved.map(({ id, facebookPageId, name, status }) => ({
          id,
          facebookPageId,
          name: name ?? null,
          status,
        })),
        refused: found.refused.map(({ facebookPageId, name, reason }) => ({
          facebookPageId: facebookPageId ?? null,
          name: name ?? null,
          reason,
        })),
        ...(found.warnings.length === 0 ? {} : { warnings: found.warnings }),
      };
    },
    async token(pageId) {
      const page = await findReferredPage(database, { pageId });
      return openToken(store, page, await findStoredToken(database, page.id));
    },
    async setActive(pageId, isActive) {
      const page = await findReferredPage(database, { pageId });
      return toPageView(must(await setPageActive(database, page.id, isActive), 'it was just found'));
    },
    async remove(pageId) {
      const page = await findReferredPage(database, { pageId });
      await removePage(database, page.id);
    },
  };
}
