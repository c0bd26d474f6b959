-- Older messages, brought in the background: where to go on in each conversation, and runs of that kind.

ALTER TABLE facebook_conversations
  ADD COLUMN IF NOT EXISTS floor_cursor text,
  ADD COLUMN IF NOT EXISTS history_retry_at timestamptz,
  ADD COLUMN IF NOT EXISTS history_problem text;

CREATE INDEX IF NOT EXISTS idx_facebook_conversations_open_history
  ON facebook_conversations (page_id, (coalesce(updated_time, '-infinity'::timestamptz)) DESC, id DESC)
  WHERE NOT history_complete;

ALTER TABLE facebook_sync_state ADD COLUMN IF NOT EXISTS lease_wanted boolean NOT NULL DEFAULT false;

ALTER TABLE facebook_sync_runs DROP CONSTRAINT IF EXISTS facebook_sync_runs_mode_check;
ALTER TABLE facebook_sync_runs ADD CONSTRAINT facebook_sync_runs_mode_check
  CHECK (mode IN ('full', 'incremental', 'verify', 'history'));

COMMENT ON COLUMN facebook_conversations.floor_cursor IS 'Facebook''s cursor to what is older than the floor; a shortcut that Facebook may forget.';
COMMENT ON COLUMN facebook_conversations.history_retry_at IS 'When older messages are asked for again after Facebook refused them.';
COMMENT ON COLUMN facebook_conversations.history_problem IS 'Why Facebook refused them, in a sentence.';
COMMENT ON COLUMN facebook_sync_state.lease_wanted IS 'A sync waits for the history run that holds the lease.';
COMMENT ON COLUMN facebook_sync_runs.mode IS 'full, incremental, verify, or history (older messages).';
