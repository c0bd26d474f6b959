/**
 * Facebook's large quotas, as its usage headers and refusals speak of them: whose pool of calls is meant, how full it
 * is, and when it must be left in peace. The word about one Page's pool must never close another's (I8).
 */

/** Whose calls fill a pool: those of the whole app, or those of one Page. */
export type PoolScope = 'app' | 'page';

/** One quota: `app`, `page`, or a business use case such as `messenger`, `instagram` or `pages`. */
export interface PoolUsage {
  readonly pool: string;
  /** The worst of calls, CPU time and total time, in percent of what is allowed. May exceed 100. */
  readonly percent: number;
  /** How long the quota stays closed. Undefined when it is open, or when Meta does not say. */
  readonly regainMs: number | undefined;
}

/** Nobody is to draw on a pool for so long. */
export interface Quiet {
  readonly scope: PoolScope;
  readonly ms: number;
  readonly reason: string;
}

/** How long to keep quiet when Facebook does not say: a quota opens slowly, and calling a closed one keeps it closed. */
export const QUOTA_QUIET_MS = 5 * 60_000;
/** The longest quota is one by the day; whatever asks for more quiet is a mistake. */
const LONGEST_QUIET_MS = 24 * 60 * 60_000;
/** From here on, calls are saved even where that takes time. */
export const SCARCE_FROM_PERCENT = 50;
/** From here on, background history leaves what remains of a pool to the syncs. */
export const HISTORY_YIELDS_AT_PERCENT = 80;

/** The quiet that usage headers ask for, before Facebook has to refuse: one for each pool that is full or closed. */
export function quietsOf(pools: readonly PoolUsage[]): readonly Quiet[] {
  return pools
    .filter(({ percent, regainMs = 0 }) => percent >= 100 || regainMs > 0)
    .map(({ pool, percent, regainMs = QUOTA_QUIET_MS }) => ({
      scope: scopeOf(pool),
      ms: regainMs,
      reason: `Facebook reports the ${pool} quota as ${Math.round(percent)} % used.`,
    }));
}

/** How full the fullest pool of a scope is, in percent. Facebook leaves out what is hardly used. */
export function fillOf(pools: readonly PoolUsage[], scope: PoolScope): number {
  return Math.max(0, ...pools.filter(({ pool }) => scopeOf(pool) === scope).map(({ percent }) => percent));
}

/** How long the most closed pool of a scope stays closed; undefined when none is known to be. */
export function regainMsOf(pools: readonly PoolUsage[], scope: PoolScope): number | undefined {
  const known = pools.flatMap(({ pool, regainMs }) => (scopeOf(pool) === scope ? [regainMs ?? 0] : []));
  return Math.max(0, ...known) || undefined;
}

/** The same quiet, within bounds: no header may silence a Page for ever. */
export function boundQuiet(quiet: Quiet): Quiet {
  return { ...quiet, ms: Math.min(quiet.ms, LONGEST_QUIET_MS) };
}

function scopeOf(pool: string): PoolScope {
  return pool === 'app' ? 'app' : 'page';
}
