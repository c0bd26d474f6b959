-- Facebook Pages. A facebook_pages table that another program made is adopted: what is missing is added, and what is
-- there stays as it is, down to the last default.

-- Row level security is on for a table of ours and no policy is given: a Supabase project serves every table of this
-- schema over HTTP, and this one must not be among them until somebody says for whom. An adopted table keeps its own.
DO $$
BEGIN
  IF to_regclass(format('%I.facebook_pages', current_schema())) IS NULL THEN
    CREATE TABLE facebook_pages (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), facebook_page_id text NOT NULL);
    ALTER TABLE facebook_pages ENABLE ROW LEVEL SECURITY;
  ELSIF NOT EXISTS (SELECT FROM tidemark_migrations WHERE version = 1) THEN
    INSERT INTO tidemark_adopted_columns (table_name, column_name)
    SELECT 'facebook_pages', attname FROM pg_attribute
    WHERE attrelid = 'facebook_pages'::regclass AND attnum > 0 AND NOT attisdropped
    ON CONFLICT DO NOTHING;
  END IF;
END $$;

ALTER TABLE facebook_pages
  ADD COLUMN IF NOT EXISTS user_id uuid,
  ADD COLUMN IF NOT EXISTS name text,
  ADD COLUMN IF NOT EXISTS access_token text,
  ADD COLUMN IF NOT EXISTS instagram_account_id text,
  ADD COLUMN IF NOT EXISTS is_active boolean NOT NULL DEFAULT true,
  ADD COLUMN IF NOT EXISTS status text NOT NULL DEFAULT 'connected',
  ADD COLUMN IF NOT EXISTS status_detail text,
  ADD COLUMN IF NOT EXISTS last_synced_at timestamptz,
  ADD COLUMN IF NOT EXISTS created_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz NOT NULL DEFAULT now();

-- A constraint of this name in an adopted table would be its owner's.
DO $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_constraint
    WHERE conrelid = 'facebook_pages'::regclass AND conname = 'facebook_pages_status_check'
  ) AND NOT EXISTS (
    SELECT FROM tidemark_adopted_columns WHERE table_name = 'facebook_pages'
  ) THEN
    ALTER TABLE facebook_pages ADD CONSTRAINT facebook_pages_status_check
      CHECK (status IN ('connected', 'token_expired', 'permission_missing', 'throttled', 'paused'));
  END IF;
END $$;

-- One row per Page at Facebook, and a key on (id), which other tables refer to. An adopted table may have them under
-- other names, or have other keys under these.
DO $$
DECLARE
  has_key CONSTANT text := 'SELECT EXISTS (
    SELECT FROM pg_index
    WHERE indrelid = ''facebook_pages''::regclass AND indisunique AND indimmediate AND indisvalid
      AND indpred IS NULL AND indexprs IS NULL AND indnkeyatts = 1
      AND indkey[0] = (SELECT attnum FROM pg_attribute WHERE attrelid = ''facebook_pages''::regclass AND attname = $1))';
  is_there boolean;
BEGIN
  EXECUTE has_key INTO is_there USING 'facebook_page_id';
  IF NOT is_there THEN
    IF to_regclass(format('%I.facebook_pages_facebook_page_id_key', current_schema())) IS NULL THEN
      CREATE UNIQUE INDEX facebook_pages_facebook_page_id_key ON facebook_pages (facebook_page_id);
    ELSE
      CREATE UNIQUE INDEX ON facebook_pages (facebook_page_id);
    END IF;
  END IF;
  EXECUTE has_key INTO is_there USING 'id';
  IF NOT is_there THEN
    ALTER TABLE facebook_pages ADD UNIQUE (id);
  END IF;
END $$;

CREATE INDEX IF NOT EXISTS idx_facebook_pages_last_synced_at ON facebook_pages (last_synced_at);
