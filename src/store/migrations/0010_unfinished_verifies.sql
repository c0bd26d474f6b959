-- Where a verify goes on that ran out of time, or stepped aside for a sync.

CREATE TABLE IF NOT EXISTS facebook_unfinished_verifies (
  page_id uuid NOT NULL REFERENCES facebook_pages (id) ON DELETE CASCADE,
  platform text NOT NULL CHECK (platform IN ('messenger', 'instagram')),
  repairs boolean NOT NULL,
  generation uuid NOT NULL,
  after text,
  top timestamptz,
  started_at timestamptz NOT NULL,
  notes jsonb NOT NULL,
  synced_before timestamptz,
  kept_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (page_id, platform, repairs)
);

ALTER TABLE facebook_unfinished_verifies ENABLE ROW LEVEL SECURITY;

COMMENT ON TABLE facebook_unfinished_verifies IS 'Verifies that stopped before their end, until the next one of their kind goes on or begins again.';
COMMENT ON COLUMN facebook_unfinished_verifies.page_id IS 'Page.';
COMMENT ON COLUMN facebook_unfinished_verifies.platform IS 'messenger or instagram.';
COMMENT ON COLUMN facebook_unfinished_verifies.repairs IS 'Whether what differs is collected; a verify that only looks is of another kind.';
COMMENT ON COLUMN facebook_unfinished_verifies.generation IS 'The verify, as facebook_verify_seen names it: its first run.';
COMMENT ON COLUMN facebook_unfinished_verifies.after IS 'Cursor that it goes on with; null when it has come to the end of the list and is asking for what was not on it.';
COMMENT ON COLUMN facebook_unfinished_verifies.top IS 'Watermark that it may set when it is complete.';
COMMENT ON COLUMN facebook_unfinished_verifies.started_at IS 'When it began.';
COMMENT ON COLUMN facebook_unfinished_verifies.notes IS 'What it has found so far.';
COMMENT ON COLUMN facebook_unfinished_verifies.kept_at IS 'When its last run stopped.';
COMMENT ON COLUMN facebook_verify_seen.generation IS 'The verify, named by its first run; one may take several.';
