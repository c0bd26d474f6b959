-- What Facebook delivered. A delivery is stored before it is answered, and applied afterwards.

CREATE TABLE IF NOT EXISTS facebook_webhook_events (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  received_at timestamptz NOT NULL DEFAULT now(),
  body text NOT NULL,
  body_hash bytea NOT NULL,
  deliveries integer NOT NULL DEFAULT 1,
  status text NOT NULL DEFAULT 'stored' CHECK (status IN ('stored', 'applied', 'waiting', 'ignored', 'failed')),
  outcome jsonb,
  waits_for text[] NOT NULL DEFAULT '{}',
  error text,
  attempts integer NOT NULL DEFAULT 0,
  apply_at timestamptz DEFAULT now(),
  applied_at timestamptz,
  CONSTRAINT facebook_webhook_events_body_hash_key UNIQUE (body_hash)
);

CREATE INDEX IF NOT EXISTS idx_facebook_webhook_events_due
  ON facebook_webhook_events (apply_at) WHERE apply_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_facebook_webhook_events_newest ON facebook_webhook_events (received_at DESC, id DESC);

ALTER TABLE facebook_webhook_events ENABLE ROW LEVEL SECURITY;

COMMENT ON TABLE facebook_webhook_events IS 'Every delivery of Facebook''s webhooks once, and what became of it.';
COMMENT ON COLUMN facebook_webhook_events.id IS 'Delivery.';
COMMENT ON COLUMN facebook_webhook_events.received_at IS 'When it first arrived.';
COMMENT ON COLUMN facebook_webhook_events.body IS 'What Facebook sent; of a message that was unsent nothing but its id.';
COMMENT ON COLUMN facebook_webhook_events.body_hash IS 'SHA-256 of the bytes that were sent: the same ones again are no new delivery.';
COMMENT ON COLUMN facebook_webhook_events.deliveries IS 'How often these bytes arrived.';
COMMENT ON COLUMN facebook_webhook_events.status IS 'stored: not looked at yet. applied: the mirror says what it tells. waiting: for a Page or a conversation that is not known yet. ignored: some of it is of a kind that this version does not know. failed: it could not be read or applied.';
COMMENT ON COLUMN facebook_webhook_events.outcome IS 'How many events of which kind it held.';
COMMENT ON COLUMN facebook_webhook_events.waits_for IS 'What a waiting delivery waits for: page:ID, contact:ID or message:ID.';
COMMENT ON COLUMN facebook_webhook_events.error IS 'Why it failed, in a sentence.';
COMMENT ON COLUMN facebook_webhook_events.attempts IS 'How often it was tried to be applied.';
COMMENT ON COLUMN facebook_webhook_events.apply_at IS 'When it is applied next; null: not again by itself.';
COMMENT ON COLUMN facebook_webhook_events.applied_at IS 'When it was last tried to be applied.';
