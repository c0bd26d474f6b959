-- A Page on one platform is a channel: it has its own last_synced_at, status, schedule and failed jobs. The columns of
-- the Page are derived from its channels by a trigger, so they are right whoever writes them.

-- Older names. A migration before this one that runs again makes the old ones anew, empty: they go.
DO $$
DECLARE
  column_of record;
BEGIN
  IF to_regclass(format('%I.facebook_quotas', current_schema())) IS NULL THEN
    ALTER TABLE facebook_call_pools RENAME TO facebook_quotas;
    ALTER INDEX facebook_call_pools_pkey RENAME TO facebook_quotas_pkey;
  ELSE
    EXECUTE format('DROP TABLE IF EXISTS %I.facebook_call_pools', current_schema());
  END IF;

  FOR column_of IN
    SELECT renamed.* FROM (VALUES
      ('facebook_quotas', 'pool', 'quota'),
      ('facebook_quotas', 'parked_until', 'cooldown_until'),
      ('facebook_quotas', 'reason', 'cooldown_reason'),
      ('facebook_sync_state', 'parked_until', 'cooldown_until'),
      ('facebook_sync_state', 'parked_reason', 'cooldown_reason'),
      ('facebook_sync_state', 'hint_usable', 'since_filter_usable'),
      ('facebook_sync_state', 'lease_wanted', 'yield_requested'),
      ('facebook_sync_state', 'rest_mode', 'checkpoint_mode'),
      ('facebook_sync_state', 'rest_forced', 'checkpoint_forced'),
      ('facebook_sync_state', 'rest_after', 'checkpoint_cursor'),
      ('facebook_sync_state', 'rest_top', 'checkpoint_watermark'),
      ('facebook_sync_state', 'rest_started_at', 'checkpoint_started_at')
    ) AS renamed (table_name, old, new)
    JOIN pg_attribute ON attrelid = renamed.table_name::regclass AND attname = renamed.old AND NOT attisdropped
  LOOP
    IF EXISTS (
      SELECT FROM pg_attribute
      WHERE attrelid = column_of.table_name::regclass AND attname = column_of.new AND NOT attisdropped
    ) THEN
      EXECUTE format('ALTER TABLE %I DROP COLUMN %I', column_of.table_name, column_of.old);
    ELSE
      EXECUTE format('ALTER TABLE %I RENAME COLUMN %I TO %I', column_of.table_name, column_of.old, column_of.new);
    END IF;
  END LOOP;

  IF EXISTS (
    SELECT FROM pg_constraint
    WHERE conrelid = 'facebook_sync_state'::regclass AND conname = 'facebook_sync_state_rest_mode_check'
  ) THEN
    ALTER TABLE facebook_sync_state
      RENAME CONSTRAINT facebook_sync_state_rest_mode_check TO facebook_sync_state_checkpoint_mode_check;
  END IF;
END $$;

-- Asking for a full sync is counted on the Page. A channel that has walked in full notes how many it had been asked for
-- when it began, so each of them does it once, and a run that had begun before the question does not answer it.
ALTER TABLE facebook_pages ADD COLUMN IF NOT EXISTS full_syncs_requested bigint NOT NULL DEFAULT 0;
ALTER TABLE facebook_sync_runs
  ADD COLUMN IF NOT EXISTS full_syncs_requested bigint NOT NULL DEFAULT 0,
  DROP COLUMN IF EXISTS synced_before;

-- What was noted without that count begins again.
DO $$
BEGIN
  IF EXISTS (
    SELECT FROM pg_attribute
    WHERE attrelid = 'facebook_unfinished_verifies'::regclass AND attname = 'synced_before' AND NOT attisdropped
  ) THEN
    DELETE FROM facebook_unfinished_verifies;
    ALTER TABLE facebook_unfinished_verifies
      DROP COLUMN synced_before,
      ADD COLUMN full_syncs_requested bigint NOT NULL;
  END IF;
END $$;

-- What was known of a Page was known of Messenger.
DO $$
BEGIN
  IF EXISTS (
    SELECT FROM pg_attribute
    WHERE attrelid = 'facebook_sync_state'::regclass AND attname = 'full_syncs_done' AND NOT attisdropped
  ) THEN
    RETURN;
  END IF;
  ALTER TABLE facebook_sync_state
    ADD COLUMN last_synced_at timestamptz,
    ADD COLUMN status text NOT NULL DEFAULT 'connected'
      CHECK (status IN ('connected', 'token_expired', 'permission_missing', 'throttled')),
    ADD COLUMN status_detail text,
    ADD COLUMN full_syncs_done bigint NOT NULL DEFAULT 0,
    ADD COLUMN checkpoint_full_syncs_requested bigint NOT NULL DEFAULT 0;
  INSERT INTO facebook_sync_state (page_id, platform)
  SELECT id, 'messenger' FROM facebook_pages
  UNION ALL SELECT id, 'instagram' FROM facebook_pages WHERE instagram_account_id IS NOT NULL
  ON CONFLICT DO NOTHING;
  -- In a table that was adopted they say something else.
  IF EXISTS (SELECT FROM tidemark_adopted_columns WHERE table_name = 'facebook_pages') THEN
    RETURN;
  END IF;
  UPDATE facebook_sync_state AS state
  SET last_synced_at = page.last_synced_at,
      status = CASE WHEN page.status = 'paused' THEN 'connected' ELSE page.status END,
      status_detail = CASE WHEN page.status NOT IN ('connected', 'paused') THEN page.status_detail END
  FROM facebook_pages AS page
  WHERE page.id = state.page_id AND state.platform = 'messenger'
    AND (page.last_synced_at IS NOT NULL OR page.status NOT IN ('connected', 'paused'));
END $$;

-- With the rights of its owner: who may clear last_synced_at need not be able to read what the channels hold. It reads
-- them when the row of the Page is locked, so of two channels that end at once the later one sees both.
CREATE OR REPLACE FUNCTION tidemark_derive_page() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  worst record;
BEGIN
  IF NEW.last_synced_at IS NULL THEN
    NEW.full_syncs_requested := OLD.full_syncs_requested + 1;
    RETURN NEW;
  END IF;
  SELECT min(state.last_synced_at) INTO NEW.last_synced_at
  FROM facebook_sync_state AS state
  WHERE state.page_id = NEW.id AND (state.platform = 'messenger' OR NEW.instagram_account_id IS NOT NULL)
  HAVING bool_and(state.last_synced_at IS NOT NULL AND state.full_syncs_done >= NEW.full_syncs_requested);
  IF NEW.is_active THEN
    SELECT state.status, CASE WHEN NEW.instagram_account_id IS NULL THEN state.status_detail
                              ELSE initcap(state.platform) || ': ' || state.status_detail END AS detail
    INTO worst
    FROM facebook_sync_state AS state
    WHERE state.page_id = NEW.id AND (state.platform = 'messenger' OR NEW.instagram_account_id IS NOT NULL)
    ORDER BY array_position(ARRAY['token_expired', 'permission_missing', 'throttled', 'connected'], state.status),
             state.platform DESC
    LIMIT 1;
    NEW.status := coalesce(worst.status, 'connected');
    NEW.status_detail := worst.detail;
  END IF;
  RETURN NEW;
END $$;

-- Another account than the one before is another list of conversations: all of it is to be walked.
CREATE OR REPLACE FUNCTION tidemark_add_channels() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  is_replaced boolean := TG_OP = 'UPDATE' AND NEW.instagram_account_id IS NOT NULL AND EXISTS (
    SELECT FROM facebook_sync_state AS state WHERE state.page_id = NEW.id AND state.platform = 'instagram');
BEGIN
  INSERT INTO facebook_sync_state (page_id, platform)
  SELECT NEW.id, wanted.platform
  FROM (VALUES ('messenger'), ('instagram')) AS wanted (platform)
  WHERE (wanted.platform = 'messenger' OR NEW.instagram_account_id IS NOT NULL) AND NOT EXISTS (
    SELECT FROM facebook_sync_state AS state WHERE state.page_id = NEW.id AND state.platform = wanted.platform)
  ON CONFLICT DO NOTHING;
  IF TG_OP = 'UPDATE' OR NEW.last_synced_at IS NOT NULL THEN
    UPDATE facebook_pages
    SET last_synced_at = now(), full_syncs_requested = full_syncs_requested + is_replaced::integer
    WHERE id = NEW.id;
  END IF;
  RETURN NULL;
END $$;

-- Whoever calls them must not decide which tables they mean.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION tidemark_derive_page() SET search_path TO %I, pg_temp', current_schema());
  EXECUTE format('ALTER FUNCTION tidemark_add_channels() SET search_path TO %I, pg_temp', current_schema());
END $$;
REVOKE ALL ON FUNCTION tidemark_derive_page(), tidemark_add_channels() FROM PUBLIC;

CREATE OR REPLACE TRIGGER tidemark_derive_page BEFORE UPDATE OF last_synced_at ON facebook_pages
  FOR EACH ROW EXECUTE FUNCTION tidemark_derive_page();
CREATE OR REPLACE TRIGGER tidemark_add_channels AFTER INSERT ON facebook_pages
  FOR EACH ROW EXECUTE FUNCTION tidemark_add_channels();
CREATE OR REPLACE TRIGGER tidemark_change_channels AFTER UPDATE OF instagram_account_id ON facebook_pages
  FOR EACH ROW WHEN (OLD.instagram_account_id IS DISTINCT FROM NEW.instagram_account_id)
  EXECUTE FUNCTION tidemark_add_channels();

-- An Instagram account whose messages were never brought: the mirror of its Page is not whole.
UPDATE facebook_pages AS page SET last_synced_at = now()
WHERE instagram_account_id IS NOT NULL AND last_synced_at IS NOT NULL
  AND EXISTS (
    SELECT FROM facebook_sync_state AS state
    WHERE state.page_id = page.id AND state.platform = 'messenger' AND state.watermark IS NOT NULL)
  AND EXISTS (
    SELECT FROM facebook_sync_state AS state
    WHERE state.page_id = page.id AND state.platform = 'instagram' AND state.last_synced_at IS NULL);

ALTER TABLE facebook_page_schedule
  ADD COLUMN IF NOT EXISTS platform text NOT NULL DEFAULT 'messenger' CHECK (platform IN ('messenger', 'instagram'));
ALTER TABLE facebook_failed_jobs
  ADD COLUMN IF NOT EXISTS platform text NOT NULL DEFAULT 'messenger' CHECK (platform IN ('messenger', 'instagram'));
ALTER TABLE facebook_page_schedule ALTER COLUMN platform DROP DEFAULT;
ALTER TABLE facebook_failed_jobs ALTER COLUMN platform DROP DEFAULT;
DO $$
BEGIN
  IF (SELECT cardinality(conkey) FROM pg_constraint
      WHERE conrelid = 'facebook_page_schedule'::regclass AND contype = 'p') = 1 THEN
    ALTER TABLE facebook_page_schedule
      DROP CONSTRAINT facebook_page_schedule_pkey, ADD PRIMARY KEY (page_id, platform);
    ALTER TABLE facebook_failed_jobs
      DROP CONSTRAINT facebook_failed_jobs_pkey, ADD PRIMARY KEY (page_id, platform, queue);
  END IF;
END $$;

COMMENT ON COLUMN facebook_pages.full_syncs_requested IS 'How often last_synced_at was set to null.';
COMMENT ON TABLE facebook_sync_state IS 'The channels (a Page on a platform): how far each is mirrored, and who is walking it.';
COMMENT ON COLUMN facebook_sync_state.last_synced_at IS 'Start of the last complete walk; null when there was none.';
COMMENT ON COLUMN facebook_sync_state.status IS 'connected, token_expired, permission_missing or throttled.';
COMMENT ON COLUMN facebook_sync_state.status_detail IS 'Why, in a sentence; null when all is well.';
COMMENT ON COLUMN facebook_sync_state.full_syncs_done IS 'How many full_syncs_requested of its Page it has done; fewer make its next sync a full one.';
COMMENT ON COLUMN facebook_sync_state.since_filter_usable IS 'False once Facebook''s since filter was seen to be of no use here.';
COMMENT ON COLUMN facebook_sync_state.yield_requested IS 'A run that matters more waits for the one that holds the lease: a sync for a verify or history, a verify for history.';
COMMENT ON COLUMN facebook_sync_state.checkpoint_mode IS 'Mode of the walk that ran out of time; null when none did.';
COMMENT ON COLUMN facebook_sync_state.checkpoint_forced IS 'Whether that walk was forced to collect everything.';
COMMENT ON COLUMN facebook_sync_state.checkpoint_cursor IS 'Cursor that it goes on with.';
COMMENT ON COLUMN facebook_sync_state.checkpoint_watermark IS 'Watermark that it may set when it is complete.';
COMMENT ON COLUMN facebook_sync_state.checkpoint_started_at IS 'When it began.';
COMMENT ON COLUMN facebook_sync_state.checkpoint_full_syncs_requested IS 'full_syncs_requested of the Page when it began: once more are, it begins again.';
COMMENT ON COLUMN facebook_sync_state.cooldown_until IS 'Facebook is not called for this channel before; null or past: it may be.';
COMMENT ON COLUMN facebook_sync_state.cooldown_reason IS 'Why, in a sentence.';
COMMENT ON COLUMN facebook_sync_runs.full_syncs_requested IS 'full_syncs_requested of the Page when the run began.';
COMMENT ON COLUMN facebook_unfinished_verifies.full_syncs_requested IS 'full_syncs_requested of the Page when its last run began: once more are, it begins again.';
COMMENT ON TABLE facebook_quotas IS 'Quotas of Facebook that all Pages share, once Facebook has closed them for a while.';
COMMENT ON COLUMN facebook_quotas.quota IS 'app: the calls of the whole app.';
COMMENT ON COLUMN facebook_quotas.cooldown_until IS 'Facebook is not called for any Page before; past: it may be.';
COMMENT ON COLUMN facebook_quotas.cooldown_reason IS 'Why, in a sentence.';
COMMENT ON COLUMN facebook_quotas.updated_at IS 'When Facebook last asked for a pause.';
COMMENT ON TABLE facebook_page_schedule IS 'When each channel is due next, shared by all schedulers.';
COMMENT ON COLUMN facebook_page_schedule.platform IS 'messenger or instagram.';
COMMENT ON TABLE facebook_failed_jobs IS 'Jobs that were given up, until they are retried or a later one succeeds.';
COMMENT ON COLUMN facebook_failed_jobs.platform IS 'messenger or instagram.';
