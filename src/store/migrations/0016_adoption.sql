-- A facebook_pages table that another program made keeps the columns it had. Where one of them means something else, or
-- is not ours to write, Tidemark has one of its own beside it.

DO $$
DECLARE
  theirs CONSTANT text[] := ARRAY(
    SELECT column_name FROM tidemark_adopted_columns WHERE table_name = 'facebook_pages');
  described record;
BEGIN
  IF 'status' = ANY (theirs) THEN
    ALTER TABLE facebook_pages ADD COLUMN IF NOT EXISTS sync_status text NOT NULL DEFAULT 'connected'
      CHECK (sync_status IN ('connected', 'token_expired', 'permission_missing', 'failed', 'throttled', 'paused'));
  END IF;
  IF 'status_detail' = ANY (theirs) THEN
    ALTER TABLE facebook_pages ADD COLUMN IF NOT EXISTS sync_status_detail text;
  END IF;
  IF 'access_token' = ANY (theirs) THEN
    ALTER TABLE facebook_pages
      ADD COLUMN IF NOT EXISTS access_token_encrypted text,
      ADD COLUMN IF NOT EXISTS access_token_digest text;
  END IF;

  IF theirs = '{}' THEN
    COMMENT ON TABLE facebook_pages IS 'The Facebook Pages whose conversations are mirrored.';
  END IF;
  FOR described IN
    SELECT attname AS name, meaning
    FROM pg_attribute JOIN (VALUES
      ('id', 'Tidemark''s id of the Page; every other table refers to it as page_id.'),
      ('user_id', 'Owner in your application, e.g. a Supabase user; null when nobody in particular.'),
      ('facebook_page_id', 'Facebook''s id of the Page.'),
      ('name', 'Name of the Page as Facebook shows it.'),
      ('access_token', 'Page access token, encrypted (AES-256-GCM). A plain one is used, and then stored again encrypted.'),
      ('access_token_encrypted', 'Page access token, encrypted (AES-256-GCM), beside access_token, which Tidemark never writes.'),
      ('access_token_digest', 'SHA-256 of access_token when the encrypted one was stored: another one is newer and is used.'),
      ('instagram_account_id', 'Instagram account that belongs to the Page.'),
      ('is_active', 'Whether the Page takes part when all Pages are synced.'),
      ('status', 'The worst of its channels: token_expired, permission_missing, failed, throttled or connected; paused when the Page is.'),
      ('sync_status', 'The worst of its channels: token_expired, permission_missing, failed, throttled or connected; paused when the Page is.'),
      ('status_detail', 'Why, in a sentence, and of which channel where there are two; null when all is well.'),
      ('sync_status_detail', 'Why, in a sentence, and of which channel where there are two; null when all is well.'),
      ('last_synced_at', 'The instant as of which the mirror is whole: the older one of its channels, null while one of them has none. Set it to null to make the next sync of each channel a full one; any other value is replaced by the derived one.'),
      ('created_at', 'When the Page was first connected.'),
      ('updated_at', 'When this row last changed.')
    ) AS known (column_name, meaning) ON column_name = attname
    WHERE attrelid = 'facebook_pages'::regclass AND NOT attisdropped AND attname <> ALL (theirs)
  LOOP
    EXECUTE format('COMMENT ON COLUMN facebook_pages.%I IS %L', described.name, described.meaning);
  END LOOP;
END $$;

-- As before, and into the columns that are ours. In UTC, for a last_synced_at without a time zone.
CREATE OR REPLACE FUNCTION tidemark_derive_page() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET timezone TO 'UTC' AS $$
DECLARE
  worst record;
BEGIN
  IF NOT EXISTS (
    SELECT FROM tidemark_adopted_columns WHERE table_name = 'facebook_pages' AND column_name = 'updated_at'
  ) THEN
    NEW.updated_at := now();
  END IF;
  IF NEW.last_synced_at IS NULL THEN
    NEW.full_syncs_requested := OLD.full_syncs_requested + 1;
    RETURN NEW;
  END IF;
  SELECT min(state.last_synced_at) INTO NEW.last_synced_at
  FROM facebook_sync_state AS state
  WHERE state.page_id = NEW.id AND (state.platform = 'messenger' OR NEW.instagram_account_id IS NOT NULL)
  HAVING bool_and(state.last_synced_at IS NOT NULL AND state.full_syncs_done >= NEW.full_syncs_requested);

  SELECT state.status, CASE WHEN NEW.instagram_account_id IS NULL THEN state.status_detail
                            ELSE initcap(state.platform) || ': ' || state.status_detail END AS detail
  INTO worst
  FROM facebook_sync_state AS state
  WHERE state.page_id = NEW.id AND (state.platform = 'messenger' OR NEW.instagram_account_id IS NOT NULL)
    AND NEW.is_active IS NOT FALSE
  ORDER BY array_position(ARRAY['token_expired', 'permission_missing', 'failed', 'throttled', 'connected'],
                          state.status),
           state.platform DESC
  LIMIT 1;
  RETURN jsonb_populate_record(NEW, jsonb_build_object(
    CASE WHEN to_jsonb(NEW) ? 'sync_status' THEN 'sync_status' ELSE 'status' END,
    CASE WHEN NEW.is_active IS FALSE THEN 'paused' ELSE coalesce(worst.status, 'connected') END,
    CASE WHEN to_jsonb(NEW) ? 'sync_status_detail' THEN 'sync_status_detail' ELSE 'status_detail' END,
    worst.detail));
END $$;

DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION tidemark_derive_page() SET search_path TO %I, pg_temp', current_schema());
END $$;
REVOKE ALL ON FUNCTION tidemark_derive_page() FROM PUBLIC;
