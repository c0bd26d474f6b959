-- What a run leaves unfinished: the walk that ran out of time, and the conversations that could not be collected.

ALTER TABLE facebook_sync_state
  ADD COLUMN IF NOT EXISTS rest_mode text CHECK (rest_mode IN ('full', 'incremental')),
  ADD COLUMN IF NOT EXISTS rest_forced boolean,
  ADD COLUMN IF NOT EXISTS rest_after text,
  ADD COLUMN IF NOT EXISTS rest_top timestamptz,
  ADD COLUMN IF NOT EXISTS rest_started_at timestamptz,
  ADD COLUMN IF NOT EXISTS nested_limit integer;

ALTER TABLE facebook_sync_runs
  ADD COLUMN IF NOT EXISTS forced boolean NOT NULL DEFAULT false;

CREATE TABLE IF NOT EXISTS facebook_retry_ledger (
  page_id uuid NOT NULL REFERENCES facebook_pages (id) ON DELETE CASCADE,
  platform text NOT NULL CHECK (platform IN ('messenger', 'instagram')),
  conversation_id text NOT NULL,
  error_code text NOT NULL,
  reason text NOT NULL,
  attempts integer NOT NULL DEFAULT 1,
  first_failed_at timestamptz NOT NULL DEFAULT now(),
  next_attempt_at timestamptz NOT NULL,
  PRIMARY KEY (page_id, platform, conversation_id)
);

ALTER TABLE facebook_retry_ledger ENABLE ROW LEVEL SECURITY;

COMMENT ON COLUMN facebook_sync_state.rest_mode IS 'Mode of the walk that ran out of time; null when none did.';
COMMENT ON COLUMN facebook_sync_state.rest_forced IS 'Whether that walk was forced to collect everything.';
COMMENT ON COLUMN facebook_sync_state.rest_after IS 'Cursor that it goes on with.';
COMMENT ON COLUMN facebook_sync_state.rest_top IS 'Watermark that it may set when it is complete.';
COMMENT ON COLUMN facebook_sync_state.rest_started_at IS 'When it began.';
COMMENT ON COLUMN facebook_sync_state.nested_limit IS 'How many conversations with messages Facebook was last willing to answer with; null: as many as a list holds.';
COMMENT ON COLUMN facebook_sync_runs.forced IS 'Whether everything was to be collected again.';
COMMENT ON TABLE facebook_retry_ledger IS 'Conversations that could not be collected, until they are. A run that leaves any is partial.';
COMMENT ON COLUMN facebook_retry_ledger.page_id IS 'Page.';
COMMENT ON COLUMN facebook_retry_ledger.platform IS 'messenger or instagram.';
COMMENT ON COLUMN facebook_retry_ledger.conversation_id IS 'Conversation.';
COMMENT ON COLUMN facebook_retry_ledger.error_code IS 'Why, see docs/errors.md.';
COMMENT ON COLUMN facebook_retry_ledger.reason IS 'The same, in a sentence.';
COMMENT ON COLUMN facebook_retry_ledger.attempts IS 'How often it was tried.';
COMMENT ON COLUMN facebook_retry_ledger.first_failed_at IS 'When it failed first.';
COMMENT ON COLUMN facebook_retry_ledger.next_attempt_at IS 'Not tried again before.';
