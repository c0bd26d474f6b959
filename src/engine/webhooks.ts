/** Facebook's webhooks as the engine offers them: a delivery is believed by its signature alone, stored, and applied later. */
import type { Tidemark } from '../api/tidemark.ts';
import { TidemarkError, toTidemarkError } from '../core/errors.ts';
import { parseDelivery } from '../graph/webhook-events.ts';
import { redactDelivery } from '../graph/webhook-redaction.ts';
import { isSameWord, isSignedBy } from '../graph/webhook-signature.ts';
import { Secret } from '../lib/secret.ts';
import { createTaskGroup } from '../lib/task-group.ts';
import type { ChannelRuns } from '../runs/channel-runs.ts';
import type { Database } from '../store/connect.ts';
import { applyDueDeliveries } from '../store/apply-deliveries.ts';
import { settleEffects } from '../store/told-events.ts';
import { findPage } from '../store/pages.ts';
import { deferContacts, findChannelsWithWantedContacts } from '../store/wanted-contacts.ts';
import { storeDelivery } from '../store/webhook-deliveries.ts';

export interface WebhookParts {
  readonly database: Database;
  /** Of the apps that may deliver. */
  readonly appSecrets: readonly Secret[];
  readonly verifyToken: Secret | undefined;
  readonly channelRuns: Pick<ChannelRuns, 'contacts'>;
  /** Pages at the same time. */
  readonly pageConcurrency: number;
  readonly signal: AbortSignal;
}

export interface Webhooks {
  readonly api: Tidemark['webhooks'];
  /** Applies some of the deliveries that are due; answers whether there may be more. */
  applyDue(): Promise<'more' | 'done'>;
  /** Fetches conversations that deliveries wait for; answers whether one came. */
  fetchContacts(): Promise<'more' | 'done'>;
  /** Told whenever this process has received a delivery. */
  onReceived: () => void;
}

/** After a failure, the next try to fetch a conversation is as far off as this at least. */
const AGAIN_MS = 60_000;

const READER = { parse: parseDelivery, redact: redactDelivery };

export function openWebhooks({ database, appSecrets, verifyToken, ...parts }: WebhookParts): Webhooks {
  const webhooks: Webhooks = {
    onReceived: () => {},

    async applyDue() {
      const taken = await applyDueDeliveries(database, READER);
      await settleEffects(database.query);
      return taken > 0 ? 'more' : 'done';
    },

    async fetchContacts() {
      await using group = createTaskGroup(parts.pageConcurrency, parts.signal);
      let hasFetched = false;
      for (const channel of await findChannelsWithWantedContacts(database)) {
        await group.start(async () => {
          const page = await findPage(database, channel.pageId);
          if (page === undefined) return;
          try {
            // A run that is none was not its turn: then a sync is at work, which may bring it as well.
            const runId = await parts.channelRuns.contacts(
              { page, platform: channel.platform },
              { trigger: 'schedule' },
            );
            hasFetched ||= runId !== undefined;
          } catch (error) {
            // It is recorded with the run; the other Pages go on.
            const { code, retryAfterMs = 0 } = toTidemarkError(error);
            if (code === 'DATABASE_UNAVAILABLE' || parts.signal.aborted) throw error;
            await deferContacts(database, channel, Math.max(retryAfterMs, AGAIN_MS));
          }
        });
      }
      await group.done();
      return hasFetched ? 'more' : 'done';
    },

    api: {
      handshake({ mode, token, challenge }) {
        const expected = required(verifyToken, 'META_WEBHOOK_VERIFY_TOKEN');
        if (mode === 'subscribe' && isSameWord(expected, token)) return challenge;
        throw new TidemarkError(
          'WEBHOOK_HANDSHAKE',
          'The handshake does not repeat META_WEBHOOK_VERIFY_TOKEN; enter the same word in the app dashboard.',
        );
      },
      async receive(delivery) {
        required(appSecrets[0], 'META_APP_SECRET');
        if (!isSignedBy(appSecrets, delivery)) {
          throw new TidemarkError('WEBHOOK_UNSIGNED', 'The delivery is not signed with a secret of META_APP_SECRET.');
        }
        await storeDelivery(database, delivery.body);
        webhooks.onReceived();
      },
      async apply() {
        do {
          while ((await webhooks.applyDue()) === 'more') continue;
        } while ((await webhooks.fetchContacts()) === 'more');
      },
    },
  };
  return webhooks;
}

/** Its parts, separated by commas. */
export function toSecrets(listed: Secret | undefined): readonly Secret[] {
  return listed === undefined
    ? []
    : listed
        .reveal()
        .split(',')
        .map((part) => new Secret(part));
}

function required(secret: Secret | undefined, variable: string): Secret {
  if (secret !== undefined) return secret;
  throw new TidemarkError('INVALID_SETTING', `${variable} is not set: without it no webhook can be received.`);
}
