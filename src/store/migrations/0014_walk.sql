-- A walk that follows what Facebook said last, goes on in a disordered list, and looks back as far as it has to.

ALTER TABLE facebook_conversations ADD COLUMN IF NOT EXISTS written_by_fence bigint;

ALTER TABLE facebook_sync_state
  ADD COLUMN IF NOT EXISTS checkpoint_to_end boolean NOT NULL DEFAULT false,
  ADD COLUMN IF NOT EXISTS lookback_ms integer NOT NULL DEFAULT 120000;

ALTER TABLE facebook_retry_ledger
  ADD COLUMN IF NOT EXISTS updated_time timestamptz,
  ADD COLUMN IF NOT EXISTS is_missing boolean NOT NULL DEFAULT false,
  ADD COLUMN IF NOT EXISTS is_listed boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN facebook_conversations.written_by_fence IS 'Fence of the run that wrote the row last: what a later run is told stands, whatever it is dated.';
COMMENT ON COLUMN facebook_sync_state.checkpoint_to_end IS 'Whether that walk goes to the end of the list because it was out of order.';
COMMENT ON COLUMN facebook_sync_state.lookback_ms IS 'How far below the watermark a walk looks: two minutes, or as late as conversations became visible here.';
COMMENT ON COLUMN facebook_retry_ledger.updated_time IS 'When it last changed, as it was listed when it failed; it is asked for early when it changes again.';
COMMENT ON COLUMN facebook_retry_ledger.is_missing IS 'Whether Facebook said last that it is not there.';
COMMENT ON COLUMN facebook_retry_ledger.is_listed IS 'Whether a walk to the end of the list met it although it could not be collected.';
