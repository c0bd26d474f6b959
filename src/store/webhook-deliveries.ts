/** Table facebook_webhook_events: deliveries as they arrive. Whoever stores one may answer Facebook that it is kept. */
import { hash } from 'node:crypto';
import type { Queryable } from './connect.ts';
import { toStorableText } from './text.ts';

/** $1 body · $2 its hash. The same bytes again are counted. */
const STORE = `
INSERT INTO facebook_webhook_events AS held (body, body_hash) VALUES ($1, $2)
ON CONFLICT (body_hash) DO UPDATE SET deliveries = held.deliveries + 1`;

/** Whatever the bytes are: what is no text becomes U+FFFD. */
export async function storeDelivery(database: Queryable, body: Uint8Array): Promise<void> {
  await database.query(STORE, [toStorableText(new TextDecoder().decode(body)), hash('sha256', body, 'buffer')]);
}
