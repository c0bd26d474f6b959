/**
 * Facebook's doors. They are open to everybody: the word of the handshake and the signature of a delivery decide. What is
 * signed is never refused for what it says, because a refusal counts against all webhooks of the app.
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { Tidemark } from '../../api/tidemark.ts';
import { DeliverySchema, HandshakeQuerySchema } from '../../api/webhooks.ts';
import { TidemarkError } from '../../core/errors.ts';
import { readSignature } from '../../core/webhook.ts';
import { defineRoute } from '../define-route.ts';
import { readBytes } from '../raw-body.ts';
import { problems } from '../responses.ts';

const tags = ['Webhooks'];

/** A delivery holds up to 1,000 updates. */
const MAX_DELIVERY_BYTES = 10 * 1024 * 1024;

const FAULTS = ['INVALID_INPUT', 'INVALID_SETTING', 'INTERNAL'] as const;

const shakeHands = defineRoute({
  method: 'get',
  path: '/api/webhooks/meta',
  operationId: 'verifyWebhook',
  summary: 'The handshake of a webhook',
  description: 'Facebook asks it when the address is entered in the app dashboard.',
  tags,
  request: { query: HandshakeQuerySchema },
  responses: {
    200: { description: 'The challenge, as it was sent.', content: { 'text/plain': { schema: z.string() } } },
    ...problems('WEBHOOK_HANDSHAKE', ...FAULTS),
  },
});

const receive = defineRoute({
  method: 'post',
  path: '/api/webhooks/meta',
  operationId: 'receiveWebhook',
  summary: 'A delivery of a webhook',
  description: 'It is stored, answered, and applied afterwards. X-Hub-Signature-256 has to be that of its bytes.',
  tags,
  // Of no particular type, or the framework would parse it: only its bytes are signed.
  request: { body: { required: true, content: { '*/*': { schema: DeliverySchema } } } },
  responses: {
    200: { description: 'It is stored.', content: { 'text/plain': { schema: z.literal('EVENT_RECEIVED') } } },
    ...problems('WEBHOOK_UNSIGNED', 'BODY_TOO_LARGE', 'INVALID_JSON', 'DATABASE_UNAVAILABLE', ...FAULTS),
  },
});

export function webhookRoutes({ webhooks }: Tidemark) {
  return new OpenAPIHono()
    .openapi(shakeHands, (c) => {
      const query = c.req.valid('query');
      const challenge = webhooks.handshake({
        mode: query['hub.mode'],
        token: query['hub.verify_token'],
        challenge: query['hub.challenge'],
      });
      return c.text(challenge, 200);
    })
    .openapi(receive, async (c) => {
      const signature = c.req.header('X-Hub-Signature-256');
      // Before anything is read: whoever does not sign is not worth the memory.
      if (readSignature(signature) === undefined) {
        throw new TidemarkError('WEBHOOK_UNSIGNED', 'The delivery has no signature in X-Hub-Signature-256.');
      }
      await webhooks.receive({ signature, body: await readBytes(c.req.raw, MAX_DELIVERY_BYTES) });
      return c.text('EVENT_RECEIVED' as const, 200);
    });
}
