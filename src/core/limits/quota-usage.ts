/**
 * Facebook's quotas, as its usage headers and refusals speak of them: whose calls a quota counts, how much of it is
 * used, and how long it must be left alone. The word about one Page's quota must never stop another Page (I8).
 */

/** Whose calls a quota counts: those of the whole app, or those of one Page and platform. */
export type QuotaScope = 'app' | 'page';

/** What a usage header says of one quota. */
export interface QuotaUsage {
  /** `app`, `page`, or a business use case such as `messenger`, `instagram` or `pages`. */
  readonly quota: string;
  /** The worst of calls, CPU time and total time, in percent of what is allowed. May exceed 100. */
  readonly percent: number;
  /** How long the quota stays blocked. Undefined when it is open, or when Meta does not say. */
  readonly regainMs: number | undefined;
}

/** What the usage headers of one answer say. */
export interface Usage {
  /** One entry per quota, each with its worst figures; empty when nothing is known. */
  readonly quotas: readonly QuotaUsage[];
  /** Names of headers that could not be read. */
  readonly unreadable: readonly string[];
}

export const NO_USAGE: Usage = { quotas: [], unreadable: [] };

/** For so long no call may be made that counts on a quota of that scope. */
export interface Cooldown {
  readonly scope: QuotaScope;
  /** From now on. */
  readonly ms: number;
  readonly reason: string;
}

/** When Facebook does not say how long: a quota opens slowly, and calling a blocked one keeps it blocked. */
export const DEFAULT_COOLDOWN_MS = 5 * 60_000;
/** The longest quota is one by the day; whatever asks for more is a mistake. */
const LONGEST_COOLDOWN_MS = 24 * 60 * 60_000;
/** From here on, calls are saved even where that takes time. */
export const NEAR_LIMIT_PERCENT = 50;
/** From here on, background history leaves the rest of a quota to the syncs. */
export const HISTORY_YIELDS_AT_PERCENT = 80;

/** The cooldowns that usage headers ask for, before Facebook has to refuse: one for each quota that is used up or blocked. */
export function cooldownsOf(usages: readonly QuotaUsage[]): readonly Cooldown[] {
  return usages
    .filter(({ percent, regainMs = 0 }) => percent >= 100 || regainMs > 0)
    .map(({ quota, percent, regainMs = DEFAULT_COOLDOWN_MS }) => ({
      scope: scopeOf(quota),
      ms: regainMs,
      reason: `Facebook reports the ${quota} quota as ${Math.round(percent)} % used.`,
    }));
}

/** Of the most used quota of a scope, in percent. Facebook leaves out what is hardly used. */
export function utilizationOf(usages: readonly QuotaUsage[], scope: QuotaScope): number {
  return Math.max(0, ...usages.filter(({ quota }) => scopeOf(quota) === scope).map(({ percent }) => percent));
}

/** How long the longest blocked quota of a scope stays blocked; undefined when none is known to be. */
export function regainMsOf(usages: readonly QuotaUsage[], scope: QuotaScope): number | undefined {
  const known = usages.flatMap(({ quota, regainMs }) => (scopeOf(quota) === scope ? [regainMs ?? 0] : []));
  return Math.max(0, ...known) || undefined;
}

/** The same cooldown, within bounds: no header may stop a Page for ever. */
export function boundCooldown(cooldown: Cooldown): Cooldown {
  return { ...cooldown, ms: Math.min(cooldown.ms, LONGEST_COOLDOWN_MS) };
}

function scopeOf(quota: string): QuotaScope {
  return quota === 'app' ? 'app' : 'page';
}
