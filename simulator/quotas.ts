/**
 * The large quotas: the app's hourly calls and each Page's daily ones, in the separate pools Facebook keeps. They are
 * told in the usage headers of every answer and refuse calls when they are full.
 */
import { throttled } from './refusals.ts';
import type { Page } from './model.ts';
import type { Refusal } from './refusals.ts';

export type PoolType = 'app' | 'pages' | 'messenger' | 'instagram';

export interface PoolFilling {
  readonly pool: PoolType;
  /** Needed for every pool but the app's. */
  readonly pageId?: string;
  /** What the headers say from now on; from 100 on the pool refuses calls. Values above 100 occur. */
  readonly percent: number;
  /** How long it refuses, on the world's clock; default 60 minutes. */
  readonly blockedMs?: number;
}

export interface Quotas {
  /** Sets how full a pool is. */
  saturate(filling: PoolFilling): void;
  /** Empties every pool. */
  reset(): void;
  /** Counts calls; the refusal if a pool they need is full. */
  spend(type: PoolType, page: Page | undefined, units: number): Refusal | undefined;
  /** Usage headers for an answer that drew on this pool. */
  headers(type: PoolType, page: Page | undefined): Record<string, string>;
  /** Whether a pool that the call draws on is full, and a caller was told so: the app's pool is everybody's. */
  wasToldToWait(type: PoolType, page: Page | undefined): boolean;
  /** Notes that a refusal because of a full pool has been delivered. */
  tell(type: PoolType, page: Page | undefined): void;
}

interface Pool {
  used: number;
  filledPercent: number | undefined;
  endsAt: number;
  blockedUntilAt: number;
  toldAt: number | undefined;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MESSENGER_CALLS_PER_PERSON = 200;
const PAGE_CALLS_PER_PERSON = 4800;
const APP_CALLS_PER_HOUR = 1_000_000;
/** Calls that left before the refusal came in are nobody's fault. */
const GRACE_MS = 250;

const CODES: Readonly<Record<PoolType, number>> = { app: 4, pages: 80001, messenger: 80006, instagram: 80002 };

/** Every call draws on the app's pool, and most on one of a Page. */
const drawnOn = (type: PoolType): readonly PoolType[] => (type === 'app' ? ['app'] : ['app', type]);

export function createQuotas(input: { readonly engagedPeople: number; readonly now: () => number }): Quotas {
  const { engagedPeople, now } = input;
  const pools = new Map<string, Pool>();
  const capacities: Readonly<Record<PoolType, number>> = {
    app: APP_CALLS_PER_HOUR,
    pages: PAGE_CALLS_PER_PERSON * engagedPeople,
    messenger: MESSENGER_CALLS_PER_PERSON * engagedPeople,
    instagram: PAGE_CALLS_PER_PERSON * engagedPeople,
  };

  const poolOf = (type: PoolType, pageId: string | undefined): Pool => {
    const key = type === 'app' ? type : `${type} ${pageId}`;
    const known = pools.get(key);
    if (known !== undefined && known.endsAt > now()) return known;
    const lastsMs = type === 'app' ? HOUR_MS : DAY_MS;
    const pool = { used: 0, filledPercent: undefined, endsAt: now() + lastsMs, blockedUntilAt: 0, toldAt: undefined };
    pools.set(key, pool);
    return pool;
  };

  const percentOf = (type: PoolType, pool: Pool): number =>
    pool.filledPercent ?? Math.floor((100 * pool.used) / capacities[type]);

  const isBlocked = (type: PoolType, pool: Pool): boolean => {
    if (percentOf(type, pool) < 100) return false;
    if (pool.filledPercent === undefined || pool.blockedUntilAt > now()) return true;
    // The filled pool has been waited out.
    Object.assign(pool, { used: 0, filledPercent: undefined, toldAt: undefined });
    return false;
  };

  const usage = (type: PoolType, pool: Pool): Record<string, number> => {
    const percent = percentOf(type, pool);
    return { call_count: percent, total_cputime: percent, total_time: percent };
  };

  /** Whole minutes; a wait too short to be told in minutes is told as 0. */
  const minutesToRegain = (type: PoolType, pool: Pool): number => {
    if (!isBlocked(type, pool)) return 0;
    const untilAt = pool.filledPercent === undefined ? pool.endsAt : pool.blockedUntilAt;
    const remainingMs = untilAt - now();
    return remainingMs < MINUTE_MS / 2 ? 0 : Math.ceil(remainingMs / MINUTE_MS);
  };

  return {
    saturate({ pool: type, pageId, percent, blockedMs = HOUR_MS }) {
      const filled = { filledPercent: percent, blockedUntilAt: now() + blockedMs, toldAt: undefined };
      Object.assign(poolOf(type, pageId), filled);
    },
    reset() {
      pools.clear();
    },
    spend(type, page, units) {
      for (const each of drawnOn(type)) {
        const pool = poolOf(each, page?.id);
        if (isBlocked(each, pool)) return throttled(CODES[each]);
        pool.used += units;
      }
      return undefined;
    },
    headers(type, page) {
      const headers: Record<string, string> = {
        'x-app-usage': JSON.stringify(usage('app', poolOf('app', undefined))),
      };
      if (type === 'app' || page === undefined) return headers;
      const pool = poolOf(type, page.id);
      const entry = [{ type, ...usage(type, pool), estimated_time_to_regain_access: minutesToRegain(type, pool) }];
      // An Instagram read is told under the business and under the account.
      const keys = type === 'instagram' && page.instagram !== undefined ? [page.id, page.instagram.id] : [page.id];
      const businesses = Object.fromEntries(keys.map((key) => [key, entry]));
      return { ...headers, 'x-business-use-case-usage': JSON.stringify(businesses) };
    },
    wasToldToWait(type, page) {
      return drawnOn(type).some((each) => {
        const pool = poolOf(each, page?.id);
        return isBlocked(each, pool) && pool.toldAt !== undefined && now() > pool.toldAt + GRACE_MS;
      });
    },
    tell(type, page) {
      for (const each of drawnOn(type)) {
        const pool = poolOf(each, page?.id);
        if (minutesToRegain(each, pool) > 0) pool.toldAt ??= now();
      }
    },
  };
}
