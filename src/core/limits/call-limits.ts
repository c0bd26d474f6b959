/**
 * Who counts on which limits: one rate limiter and one quota per channel live as long as the process,
 * however many runs use them, and one quota of the app. A quota in cooldown lets no call out (I7), and one Page's
 * never stops another Page (I8).
 */
import type { CallLimits, Clock, MonotonicMs, Quotas } from '../ports.ts';
import type { BegunRun } from '../store-ports.ts';
import { type Channel, toKey } from '../model.ts';
import { createPersistentQuota, type PersistentQuota } from './persistent-quota.ts';
import { type Cooldown, cooldownsOf, utilizationOf } from './quota-usage.ts';
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts';

/** Where cooldowns are stored for other processes. */
export interface CooldownStore {
  saveOfApp(cooldown: Cooldown): Promise<void>;
  saveOfPage(channel: Channel, cooldown: Cooldown): Promise<void>;
  findOfApp(): Promise<readonly Cooldown[]>;
}

export interface LimitsParts {
  readonly clock: Clock;
  /** Of each channel. */
  readonly callsPerSecond: number;
  readonly store: CooldownStore;
}

export interface RunLimits {
  readonly run: Pick<BegunRun, 'lease' | 'lastCallAgoMs'>;
  /** Whom they serve, as messages name it: `Page 1001 (messenger)`. */
  readonly subject: string;
  /** When the run's time is over. */
  readonly deadline: MonotonicMs;
  /** Told of every cooldown that a call of the run causes. */
  readonly onCooldown: (cooldown: Cooldown) => void;
}

export interface LookLimits extends Pick<RunLimits, 'subject'> {
  readonly channel: Channel;
  /** What other processes did and know. */
  readonly lastCallAgoMs: number | undefined;
  readonly cooldowns: readonly Cooldown[];
}

export interface Limits {
  readonly quotas: Quotas;
  ofRun(input: RunLimits): CallLimits;
  /** For one call of a channel outside any run: whoever asks waits, so a longer cooldown rejects it at once. */
  ofLook(input: LookLimits): CallLimits;
  /** For calls of no Page: whoever asks is there and waiting, so a cooldown of the app rejects them at once. */
  readonly ofNoPage: CallLimits;
}

interface Sharing {
  readonly acquire: CallLimits['acquire'];
  /** Default: the calls are of no Page. */
  readonly own?: PersistentQuota;
  readonly onCooldown?: (cooldown: Cooldown) => void;
}

export function createLimits({ clock, callsPerSecond, store }: LimitsParts): Limits {
  const app = createPersistentQuota(clock, (cooldown) => store.saveOfApp(cooldown));
  const pageQuotas = new Map<string, PersistentQuota>();
  const limiters = new Map<string, RateLimiter>();

  function quotaOf({ pageId, platform }: Channel): PersistentQuota {
    const channel = { pageId, platform };
    const key = toKey(channel);
    const save = (cooldown: Cooldown) => store.saveOfPage(channel, cooldown);
    const quota = pageQuotas.get(key) ?? createPersistentQuota(clock, save);
    pageQuotas.set(key, quota);
    return quota;
  }

  function limiterOf(channel: Channel, subject: string): RateLimiter {
    const key = toKey(channel);
    const quotas = [app, quotaOf(channel)];
    const limiter = limiters.get(key) ?? createRateLimiter({ clock, callsPerSecond, quotas, subject });
    limiters.set(key, limiter);
    return limiter;
  }

  function share({ acquire, own, onCooldown }: Sharing): CallLimits {
    async function block(cooldown: Cooldown): Promise<void> {
      onCooldown?.(cooldown);
      await (cooldown.scope === 'app' ? app : own)?.blockAndSave(cooldown);
    }
    return {
      acquire,
      block,
      async noteUsage(usages) {
        app.noteUtilization(utilizationOf(usages, 'app'));
        own?.noteUtilization(utilizationOf(usages, 'page'));
        for (const cooldown of cooldownsOf(usages)) await block(cooldown);
      },
    };
  }

  const limiterOfNoPage = createRateLimiter({
    clock,
    callsPerSecond,
    quotas: [app],
    subject: 'an access token',
    patienceMs: 0,
  });

  return {
    ofRun(input) {
      const { deadline, onCooldown, run, subject } = input;
      const limiter = limiterOf(run.lease, subject);
      if (run.lastCallAgoMs !== undefined) limiter.noteCallsElsewhere(run.lastCallAgoMs);
      return share({
        acquire: (signal, options) => limiter.acquire(signal, { ...options, deadline }),
        own: quotaOf(run.lease),
        onCooldown,
      });
    },
    ofLook({ channel, subject, lastCallAgoMs, cooldowns }) {
      const limiter = limiterOf(channel, subject);
      if (lastCallAgoMs !== undefined) limiter.noteCallsElsewhere(lastCallAgoMs);
      for (const cooldown of cooldowns) quotaOf(channel).block(cooldown);
      return share({
        acquire: (signal, options) => limiter.acquire(signal, { ...options, deadline: clock.monotonicMs() }),
        own: quotaOf(channel),
      });
    },
    quotas: {
      apply(channel, cooldowns) {
        for (const cooldown of cooldowns) (cooldown.scope === 'app' ? app : quotaOf(channel)).block(cooldown);
      },
      utilization: (channel) => Math.max(app.utilization(), quotaOf(channel).utilization()),
    },
    ofNoPage: share({
      async acquire(signal, options) {
        // No run has begun that would have told what other processes know.
        for (const cooldown of await store.findOfApp()) app.block(cooldown);
        return limiterOfNoPage.acquire(signal, options);
      },
    }),
  };
}
