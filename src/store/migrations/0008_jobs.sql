-- When each Page is due, and the jobs that were given up. The queue itself lives in a schema of its own.

CREATE TABLE IF NOT EXISTS facebook_page_schedule (
  page_id uuid PRIMARY KEY REFERENCES facebook_pages (id) ON DELETE CASCADE,
  next_sync_at timestamptz,
  next_verify_at timestamptz
);

CREATE INDEX IF NOT EXISTS idx_facebook_page_schedule_sync ON facebook_page_schedule (next_sync_at);
CREATE INDEX IF NOT EXISTS idx_facebook_page_schedule_verify ON facebook_page_schedule (next_verify_at);

CREATE TABLE IF NOT EXISTS facebook_failed_jobs (
  page_id uuid NOT NULL REFERENCES facebook_pages (id) ON DELETE CASCADE,
  queue text NOT NULL CHECK (queue IN ('sync', 'verify', 'history')),
  attempts integer NOT NULL,
  error_code text NOT NULL,
  reason text NOT NULL,
  failed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (page_id, queue)
);

ALTER TABLE facebook_page_schedule ENABLE ROW LEVEL SECURITY;
ALTER TABLE facebook_failed_jobs ENABLE ROW LEVEL SECURITY;

COMMENT ON TABLE facebook_page_schedule IS 'When each Page is due next, shared by all schedulers.';
COMMENT ON COLUMN facebook_page_schedule.page_id IS 'Page.';
COMMENT ON COLUMN facebook_page_schedule.next_sync_at IS 'When its next sync is due; null until it is planned. Put it in the past to sync soon.';
COMMENT ON COLUMN facebook_page_schedule.next_verify_at IS 'When it is compared with Facebook next; null until that is planned.';

COMMENT ON TABLE facebook_failed_jobs IS 'Jobs that were given up, until they are retried or a later one succeeds.';
COMMENT ON COLUMN facebook_failed_jobs.page_id IS 'Page.';
COMMENT ON COLUMN facebook_failed_jobs.queue IS 'What was to be done: sync, verify or history.';
COMMENT ON COLUMN facebook_failed_jobs.attempts IS 'How often it was tried.';
COMMENT ON COLUMN facebook_failed_jobs.error_code IS 'Why the last attempt failed, see docs/errors.md.';
COMMENT ON COLUMN facebook_failed_jobs.reason IS 'The same, in a sentence.';
COMMENT ON COLUMN facebook_failed_jobs.failed_at IS 'When it was given up.';
