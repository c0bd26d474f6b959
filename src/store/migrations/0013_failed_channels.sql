-- A channel that Facebook refuses for good, whatever its token and permissions are, has a status of its own: failed.

-- A constraint of this name in an adopted table is its owner's.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM tidemark_adopted_columns WHERE table_name = 'facebook_pages') THEN
    ALTER TABLE facebook_pages DROP CONSTRAINT IF EXISTS facebook_pages_status_check;
    ALTER TABLE facebook_pages ADD CONSTRAINT facebook_pages_status_check
      CHECK (status IN ('connected', 'token_expired', 'permission_missing', 'failed', 'throttled', 'paused'));
  END IF;
END $$;
ALTER TABLE facebook_sync_state DROP CONSTRAINT IF EXISTS facebook_sync_state_status_check;
ALTER TABLE facebook_sync_state ADD CONSTRAINT facebook_sync_state_status_check
  CHECK (status IN ('connected', 'token_expired', 'permission_missing', 'failed', 'throttled'));

-- As before, with the new status in its place.
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
    ORDER BY array_position(ARRAY['token_expired', 'permission_missing', 'failed', 'throttled', 'connected'],
                            state.status),
             state.platform DESC
    LIMIT 1;
    NEW.status := coalesce(worst.status, 'connected');
    NEW.status_detail := worst.detail;
  END IF;
  RETURN NEW;
END $$;

DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION tidemark_derive_page() SET search_path TO %I, pg_temp', current_schema());
END $$;
REVOKE ALL ON FUNCTION tidemark_derive_page() FROM PUBLIC;

COMMENT ON COLUMN facebook_sync_state.status IS 'connected, token_expired, permission_missing, failed (Facebook refuses it until somebody acts) or throttled.';
