/** The Pages as the engine offers them: connected with a token, listed, paused, removed. A token never comes back out. */
import type { Tidemark } from '../api/tidemark.ts';
import { toPageView } from '../api/views/page-view.ts';
import { toTidemarkError } from '../core/errors.ts';
import type { Page } from '../core/model.ts';
import type { Send } from '../graph/call.ts';
import { discoverPages, type DiscoveredPage, requireTokenForm, type UnusablePage } from '../graph/pages.ts';
import { Secret } from '../lib/secret.ts';
import {
  countMirrored,
  findPagesWithToken,
  findReferredPage,
  findStoredToken,
  listPages,
  openToken,
  removePage,
  setPageActive,
} from '../store/pages.ts';
import { savePages } from '../store/save-pages.ts';
import type { Store } from '../store/open-store.ts';
import type { PageCalls } from './page-calls.ts';
import type { CheckedToken } from './token-check.ts';

export interface PageDirectoryParts {
  readonly store: Store;
  readonly openCaller: (token: Secret) => Send;
  readonly look: PageCalls['look'];
  readonly check: (token: Secret) => Promise<CheckedToken>;
}

function refuseUnchosen({ facebookPageId, name }: DiscoveredPage): UnusablePage {
  const reason =
    'The person did not choose it for pages_messaging in the dialog of the app: choose it there, then connect.';
  return { facebookPageId, name, reason };
}

export function openPageDirectory({ store, openCaller, look, check }: PageDirectoryParts): Tidemark['pages'] {
  const { database, cipher } = store;

  /** A token of a person who may do less must not replace one that works: each channel is looked at with it first. */
  async function findFault({ facebookPageId, token }: DiscoveredPage, held: Page): Promise<string | undefined> {
    const working = held.channels.filter(({ status }) => status === 'connected' || status === 'throttled');
    try {
      for (const { platform } of working) await look({ id: held.id, facebookPageId }, platform, token);
      return undefined;
    } catch (error) {
      const { message } = toTidemarkError(error);
      return `The token that the Page has works, and was not replaced by this one: ${message}`;
    }
  }

  async function splitByFault(found: readonly DiscoveredPage[]) {
    const held = await findPagesWithToken(
      database,
      found.map(({ facebookPageId }) => facebookPageId),
    );
    const known = new Map(held.map((page) => [page.facebookPageId, page]));
    const looked = found.map(async (page) => {
      const other = known.get(page.facebookPageId);
      return { page, reason: other === undefined ? undefined : await findFault(page, other) };
    });
    const all = await Promise.all(looked);
    return {
      usable: all.flatMap(({ page, reason }) => (reason === undefined ? [page] : [])),
      refused: all.flatMap(({ page: { facebookPageId, name }, reason }) =>
        reason === undefined ? [] : [{ facebookPageId, name, reason }],
      ),
    };
  }

  return {
    list: async () => (await listPages(database)).map(toPageView),
    find: async (ref) => toPageView(await findReferredPage(database, ref)),
    async connect(given) {
      const handedIn = typeof given === 'string' ? new Secret(given) : given;
      requireTokenForm(handedIn);
      const { token, facts, isExchanged, warnings } = await check(handedIn);
      const found = await discoverPages({ send: openCaller(token), token });
      const isChosen = ({ facebookPageId }: DiscoveredPage) => facts?.messagingPages?.has(facebookPageId) ?? true;
      const { usable, refused } = await splitByFault(found.connected.filter(isChosen));
      const unchosen = found.connected.filter((page) => !isChosen(page));
      const allWarnings = [...warnings, ...found.warnings];
      const { saved, refused: unfit } =
        usable.length === 0 ? { saved: [], refused: [] } : await savePages(database, cipher, usable);
      return {
        connected: saved.map(({ id, facebookPageId, name, status }) => ({
          id,
          facebookPageId,
          name: name ?? null,
          status,
        })),
        refused: [...found.refused, ...unchosen.map(refuseUnchosen), ...refused, ...unfit].map(
          ({ facebookPageId, name, reason }) => ({
            facebookPageId: facebookPageId ?? null,
            name: name ?? null,
            reason,
          }),
        ),
        ...(allWarnings.length === 0 ? {} : { warnings: allWarnings }),
        ...(isExchanged ? { exchanged: true } : {}),
      };
    },
    async token(pageId) {
      const page = await findReferredPage(database, { pageId });
      return openToken(store, page, await findStoredToken(database, page.id));
    },
    async setActive(pageId, isActive) {
      const page = await findReferredPage(database, { pageId });
      const changed = await setPageActive(database, page.id, isActive);
      // Somebody else may have removed it since it was found: then this says so.
      return toPageView(changed ?? (await findReferredPage(database, { pageId })));
    },
    async holdings(pageId) {
      const page = await findReferredPage(database, { pageId });
      return countMirrored(database, page.id);
    },
    async remove(pageId) {
      const page = await findReferredPage(database, { pageId });
      await removePage(database, page.id);
    },
  };
}
