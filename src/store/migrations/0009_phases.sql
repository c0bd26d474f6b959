-- What each phase of a run has cost.

ALTER TABLE facebook_sync_runs ADD COLUMN IF NOT EXISTS phases jsonb NOT NULL DEFAULT '{}';

COMMENT ON COLUMN facebook_sync_runs.phases IS 'What each phase has cost: calls, milliseconds, rows. Phases are survey, collect, settle, history and commit.';
