/** Facebook's webhooks, as they are asked for and answered. What is delivered has Facebook's own form, described nowhere here. */
import { z } from 'zod';
import { request } from './request.ts';

/** The query of the handshake. Facebook repeats the word that was entered beside the address. */
export interface WebhookHandshake {
  readonly mode: string;
  readonly token: string;
  readonly challenge: string;
}

/** What is not there is no word that anybody has entered. */
const Word = z.string().default('');

/** GET /api/webhooks/meta */
export const HandshakeQuerySchema = request({
  'hub.mode': Word,
  'hub.verify_token': Word,
  'hub.challenge': Word,
});

/** The body of a delivery: `object`, and an `entry` for each Page with what happened. */
export const DeliverySchema = z.record(z.string(), z.unknown()).meta({ description: "Facebook's own form." });
