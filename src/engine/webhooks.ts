/** Facebook's webhooks as the engine offers them: a delivery is believed by its signature alone, stored, and applied later. */
import type { Tidemark } from '../api/tidemark.ts';
import { TidemarkError } from '../core/errors.ts';
import { parseDelivery } from '../graph/webhook-events.ts';
import { redactDelivery } from '../graph/webhook-redaction.ts';
import { isSameWord, isSignedBy } from '../graph/webhook-signature.ts';
import { Secret } from '../lib/secret.ts';
import type { Database } from '../store/connect.ts';
import { applyDueDeliveries } from '../store/apply-deliveries.ts';
import { settleEffects } from '../store/told-events.ts';
import { storeDelivery } from '../store/webhook-deliveries.ts';

export interface WebhookParts {
  readonly database: Database;
  /** Of the apps that may deliver. */
  readonly appSecrets: readonly Secret[];
  readonly verifyToken: Secret | undefined;
}

export interface Webhooks {
  readonly api: Tidemark['webhooks'];
  /** Applies some of the deliveries that are due; answers whether there may be more. */
  applyDue(): Promise<'more' | 'done'>;
  /** Told whenever this process has received a delivery. */
  onReceived: () => void;
}

const READER = { parse: parseDelivery, redact: redactDelivery };

export function openWebhooks({ database, appSecrets, verifyToken }: WebhookParts): Webhooks {
  const webhooks: Webhooks = {
    onReceived: () => {},

    async applyDue() {
      const taken = await applyDueDeliveries(database, READER);
      await settleEffects(database.query);
      return taken > 0 ? 'more' : 'done';
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
        while ((await webhooks.applyDue()) === 'more') continue;
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
