/** Pages as every door shows them, and how one is named. A token must never be among these fields. */
import type { PageStatus, Platform } from '../model.ts';

/** Names a Page by either id. When both are given they must belong together. */
export interface PageRef {
  /** The uuid, `facebook_pages.id`. */
  readonly pageId?: string | undefined;
  /** Facebook's own id of the Page. */
  readonly facebookPageId?: string | undefined;
}

/** A Page, or one of its channels. */
export interface ChannelRef extends PageRef {
  /** Only this one. Default: every channel of the Page. */
  readonly platform?: Platform | undefined;
}

export interface ChannelAnswer {
  readonly platform: Platform;
  readonly status: Exclude<PageStatus, 'paused'>;
  readonly statusDetail: string | null;
  readonly lastSyncedAt: string | null;
}

export interface PageAnswer {
  readonly id: string;
  readonly facebookPageId: string;
  readonly name: string | null;
  readonly isActive: boolean;
  readonly status: PageStatus;
  readonly statusDetail: string | null;
  readonly instagramAccountId: string | null;
  /** The older one of its channels; null while one of them was never synced. */
  readonly lastSyncedAt: string | null;
  readonly channels: readonly ChannelAnswer[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ConnectedPage {
  readonly id: string;
  readonly facebookPageId: string;
  readonly name: string | null;
  readonly status: PageStatus;
}

export interface RefusedPage {
  readonly facebookPageId: string | null;
  readonly name: string | null;
  readonly reason: string;
}

export interface ConnectAnswer {
  readonly connected: readonly ConnectedPage[];
  /** Pages the token shows but cannot message as, each with the reason. */
  readonly refused: readonly RefusedPage[];
}
