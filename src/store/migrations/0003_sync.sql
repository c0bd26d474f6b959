-- How the sync remembers itself: one state row per Page and platform, one row per run.

CREATE TABLE IF NOT EXISTS facebook_sync_state (
  page_id uuid NOT NULL REFERENCES facebook_pages (id) ON DELETE CASCADE,
  platform text NOT NULL CHECK (platform IN ('messenger', 'instagram')),
  watermark timestamptz,
  hint_usable boolean NOT NULL DEFAULT true,
  lease_run_id uuid,
  lease_fence bigint NOT NULL DEFAULT 0,
  lease_expires_at timestamptz,
  last_call_at timestamptz,
  last_caller uuid,
  PRIMARY KEY (page_id, platform)
);

CREATE TABLE IF NOT EXISTS facebook_sync_runs (
  page_id uuid NOT NULL REFERENCES facebook_pages (id) ON DELETE CASCADE,
  id uuid NOT NULL,
  platform text NOT NULL CHECK (platform IN ('messenger', 'instagram')),
  mode text NOT NULL CHECK (mode IN ('full', 'incremental', 'verify')),
  trigger text NOT NULL,
  status text NOT NULL CHECK (status IN ('running', 'succeeded', 'partial', 'failed', 'cancelled')),
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  synced_before timestamptz,
  listed integer NOT NULL DEFAULT 0,
  synced integer NOT NULL DEFAULT 0,
  inserted integer NOT NULL DEFAULT 0,
  updated integer NOT NULL DEFAULT 0,
  skipped integer NOT NULL DEFAULT 0,
  deleted integer NOT NULL DEFAULT 0,
  events_created integer NOT NULL DEFAULT 0,
  graph_calls integer NOT NULL DEFAULT 0,
  error_code text,
  error_message text,
  PRIMARY KEY (page_id, id)
);

CREATE INDEX IF NOT EXISTS idx_facebook_sync_runs_newest ON facebook_sync_runs (page_id, started_at DESC);
CREATE INDEX IF NOT EXISTS idx_facebook_sync_runs_id ON facebook_sync_runs (id);

ALTER TABLE facebook_sync_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE facebook_sync_runs ENABLE ROW LEVEL SECURITY;

COMMENT ON TABLE facebook_sync_state IS 'How far each Page and platform is mirrored, and who is walking it.';
COMMENT ON COLUMN facebook_sync_state.page_id IS 'Page.';
COMMENT ON COLUMN facebook_sync_state.platform IS 'messenger or instagram.';
COMMENT ON COLUMN facebook_sync_state.watermark IS 'What the start of the last complete walk saw; nothing changed before it is missing.';
COMMENT ON COLUMN facebook_sync_state.lease_run_id IS 'Run that may write now; null when none does.';
COMMENT ON COLUMN facebook_sync_state.lease_fence IS 'Grows with every holder; unmasks one that no longer may write.';
COMMENT ON COLUMN facebook_sync_state.lease_expires_at IS 'Until when, unless renewed.';
COMMENT ON COLUMN facebook_sync_state.last_call_at IS 'When Facebook was last called, at the latest, so that the next process keeps the pace.';
COMMENT ON COLUMN facebook_sync_state.last_caller IS 'Process that called.';

COMMENT ON TABLE facebook_sync_runs IS 'Every run: what was done, and how it ended.';
COMMENT ON COLUMN facebook_sync_runs.page_id IS 'Page.';
COMMENT ON COLUMN facebook_sync_runs.id IS 'Run.';
COMMENT ON COLUMN facebook_sync_runs.platform IS 'messenger or instagram.';
COMMENT ON COLUMN facebook_sync_runs.mode IS 'full, incremental or verify.';
COMMENT ON COLUMN facebook_sync_runs.trigger IS 'Who asked: api, cli, schedule, library or demo.';
COMMENT ON COLUMN facebook_sync_runs.status IS 'running, succeeded, partial, failed or cancelled.';
COMMENT ON COLUMN facebook_sync_runs.started_at IS 'When it began.';
COMMENT ON COLUMN facebook_sync_runs.finished_at IS 'When it ended; null while it runs.';
COMMENT ON COLUMN facebook_sync_runs.listed IS 'Conversations that Facebook listed.';
COMMENT ON COLUMN facebook_sync_runs.synced IS 'Conversations whose mirror changed: inserted and updated.';
COMMENT ON COLUMN facebook_sync_runs.inserted IS 'Conversations that are new in the mirror.';
COMMENT ON COLUMN facebook_sync_runs.updated IS 'Conversations that were in the mirror and changed.';
COMMENT ON COLUMN facebook_sync_runs.skipped IS 'Conversations that were listed and already current.';
COMMENT ON COLUMN facebook_sync_runs.deleted IS 'Conversations found to be gone.';
COMMENT ON COLUMN facebook_sync_runs.events_created IS 'Messages that are new in the mirror.';
COMMENT ON COLUMN facebook_sync_runs.graph_calls IS 'Calls to Facebook.';
COMMENT ON COLUMN facebook_sync_runs.error_code IS 'Why it failed, see docs/errors.md.';
COMMENT ON COLUMN facebook_sync_runs.error_message IS 'The same, in a sentence.';
