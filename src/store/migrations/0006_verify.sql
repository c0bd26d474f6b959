-- What a verify has seen so far, a row per list page; and runs that somebody wants to end.

CREATE TABLE IF NOT EXISTS facebook_verify_seen (
  page_id uuid NOT NULL REFERENCES facebook_pages (id) ON DELETE CASCADE,
  platform text NOT NULL CHECK (platform IN ('messenger', 'instagram')),
  generation uuid NOT NULL,
  position integer NOT NULL,
  conversation_ids text[] NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (page_id, platform, generation, position)
);

ALTER TABLE facebook_verify_seen ENABLE ROW LEVEL SECURITY;

ALTER TABLE facebook_sync_runs ADD COLUMN IF NOT EXISTS cancel_wanted boolean NOT NULL DEFAULT false;

COMMENT ON TABLE facebook_verify_seen IS 'Conversations that a verify under way has seen listed; emptied when it ends.';
COMMENT ON COLUMN facebook_verify_seen.page_id IS 'Page.';
COMMENT ON COLUMN facebook_verify_seen.platform IS 'messenger or instagram.';
COMMENT ON COLUMN facebook_verify_seen.generation IS 'The verify; one may take several runs.';
COMMENT ON COLUMN facebook_verify_seen.position IS 'Order in which the list pages came.';
COMMENT ON COLUMN facebook_verify_seen.conversation_ids IS 'Conversations on one list page.';
COMMENT ON COLUMN facebook_verify_seen.seen_at IS 'When it was listed.';
COMMENT ON COLUMN facebook_sync_runs.cancel_wanted IS 'Somebody asked the run to end.';
COMMENT ON COLUMN facebook_sync_state.lease_wanted IS 'A run that matters more waits for the one that holds the lease: a sync for a verify or history, a verify for history.';
