-- Facebook Pages. A facebook_pages table that another program made is adopted: what is missing is added, what is too
-- narrow is widened, every row and every column that we do not know stays.

-- Row level security is on for a table of ours and no policy is given: a Supabase project serves every table of this
-- schema over HTTP, and this one must not be among them until somebody says for whom. An adopted table keeps its own.
DO $$
BEGIN
  IF to_regclass(format('%I.facebook_pages', current_schema())) IS NULL THEN
    CREATE TABLE facebook_pages (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), facebook_page_id text NOT NULL);
    ALTER TABLE facebook_pages ENABLE ROW LEVEL SECURITY;
  END IF;
END $$;

DO $$
DECLARE
  id_type text;
BEGIN
  SELECT data_type INTO id_type FROM information_schema.columns
  WHERE table_schema = current_schema() AND table_name = 'facebook_pages' AND column_name = 'id';
  IF id_type IS DISTINCT FROM 'uuid' THEN
    RAISE EXCEPTION 'facebook_pages.id is %, but Tidemark needs uuid. Rename the table or give it a uuid id.',
      coalesce(id_type, 'missing');
  END IF;
  IF NOT EXISTS (
    SELECT FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = 'facebook_pages' AND column_name = 'facebook_page_id'
  ) THEN
    RAISE EXCEPTION 'facebook_pages has no facebook_page_id. Add it, filled with Facebook''s id of each Page.';
  END IF;
END $$;

ALTER TABLE facebook_pages
  ADD COLUMN IF NOT EXISTS user_id uuid,
  ADD COLUMN IF NOT EXISTS name text,
  ADD COLUMN IF NOT EXISTS access_token text,
  ADD COLUMN IF NOT EXISTS instagram_account_id text,
  ADD COLUMN IF NOT EXISTS is_active boolean,
  ADD COLUMN IF NOT EXISTS status text,
  ADD COLUMN IF NOT EXISTS status_detail text,
  ADD COLUMN IF NOT EXISTS last_synced_at timestamptz,
  ADD COLUMN IF NOT EXISTS created_at timestamptz,
  ADD COLUMN IF NOT EXISTS updated_at timestamptz;

-- Columns of an adopted table may have other types (varchar, bigint ids, times without a zone, which are UTC).
DO $$
DECLARE
  wrong record;
BEGIN
  FOR wrong IN
    SELECT column_name AS name, data_type AS type, wanted
    FROM information_schema.columns
    JOIN (VALUES
      ('facebook_page_id', 'text'), ('name', 'text'), ('access_token', 'text'), ('instagram_account_id', 'text'),
      ('status', 'text'), ('status_detail', 'text'), ('last_synced_at', 'timestamp with time zone'),
      ('created_at', 'timestamp with time zone'), ('updated_at', 'timestamp with time zone')
    ) AS expected (expected_name, wanted) ON expected_name = column_name
    WHERE table_schema = current_schema() AND table_name = 'facebook_pages' AND data_type <> wanted
  LOOP
    IF wrong.wanted = 'text' THEN
      EXECUTE format('ALTER TABLE facebook_pages ALTER COLUMN %I DROP DEFAULT, ALTER COLUMN %I TYPE text USING %I::text',
        wrong.name, wrong.name, wrong.name);
    ELSE
      EXECUTE format('ALTER TABLE facebook_pages ALTER COLUMN %I DROP DEFAULT, ALTER COLUMN %I TYPE timestamptz USING %s',
        wrong.name, wrong.name,
        CASE WHEN wrong.type IN ('timestamp without time zone', 'date')
             THEN format('%I::timestamp AT TIME ZONE ''UTC''', wrong.name)
             ELSE format('%I::timestamptz', wrong.name) END);
    END IF;
  END LOOP;
END $$;

ALTER TABLE facebook_pages
  ALTER COLUMN user_id DROP NOT NULL,
  ALTER COLUMN name DROP NOT NULL,
  ALTER COLUMN access_token DROP NOT NULL,
  ALTER COLUMN instagram_account_id DROP NOT NULL,
  ALTER COLUMN status_detail DROP NOT NULL,
  ALTER COLUMN last_synced_at DROP NOT NULL,
  ALTER COLUMN last_synced_at DROP DEFAULT,
  ALTER COLUMN id SET DEFAULT gen_random_uuid(),
  ALTER COLUMN is_active SET DEFAULT true,
  ALTER COLUMN status SET DEFAULT 'connected',
  ALTER COLUMN created_at SET DEFAULT now(),
  ALTER COLUMN updated_at SET DEFAULT now();

UPDATE facebook_pages
SET id = coalesce(id, gen_random_uuid()),
    is_active = coalesce(is_active, true),
    status = CASE WHEN status IN ('connected', 'token_expired', 'permission_missing', 'throttled', 'paused')
                  THEN status ELSE 'connected' END,
    created_at = coalesce(created_at, now()),
    updated_at = coalesce(updated_at, now())
WHERE id IS NULL OR is_active IS NULL OR created_at IS NULL OR updated_at IS NULL
   OR status IS NULL OR status NOT IN ('connected', 'token_expired', 'permission_missing', 'throttled', 'paused');

ALTER TABLE facebook_pages
  ALTER COLUMN id SET NOT NULL,
  ALTER COLUMN facebook_page_id SET NOT NULL,
  ALTER COLUMN is_active SET NOT NULL,
  ALTER COLUMN status SET NOT NULL,
  ALTER COLUMN created_at SET NOT NULL,
  ALTER COLUMN updated_at SET NOT NULL;

DO $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_constraint
    WHERE conrelid = 'facebook_pages'::regclass AND conname = 'facebook_pages_status_check'
  ) THEN
    ALTER TABLE facebook_pages ADD CONSTRAINT facebook_pages_status_check
      CHECK (status IN ('connected', 'token_expired', 'permission_missing', 'throttled', 'paused'));
  END IF;
END $$;

-- One row per Page at Facebook. An adopted table may hold a Page twice: say which, instead of failing on the index.
DO $$
DECLARE
  twice text;
BEGIN
  SELECT string_agg(facebook_page_id, ', ' ORDER BY facebook_page_id) INTO twice
  FROM (SELECT facebook_page_id FROM facebook_pages GROUP BY facebook_page_id HAVING count(*) > 1) AS repeated;
  IF twice IS NOT NULL THEN
    RAISE EXCEPTION 'facebook_pages holds these Pages more than once: %. Keep one row of each, then migrate again.', twice;
  END IF;
END $$;

CREATE UNIQUE INDEX IF NOT EXISTS facebook_pages_facebook_page_id_key ON facebook_pages (facebook_page_id);
CREATE INDEX IF NOT EXISTS idx_facebook_pages_last_synced_at ON facebook_pages (last_synced_at);

-- Other tables refer to (id). An adopted table may lack a key on it.
DO $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_index
    WHERE indrelid = 'facebook_pages'::regclass AND indisunique AND indpred IS NULL AND indnkeyatts = 1
      AND indkey[0] = (SELECT attnum FROM pg_attribute WHERE attrelid = 'facebook_pages'::regclass AND attname = 'id')
  ) THEN
    ALTER TABLE facebook_pages ADD CONSTRAINT facebook_pages_id_key UNIQUE (id);
  END IF;
END $$;

COMMENT ON TABLE facebook_pages IS 'The Facebook Pages whose conversations are mirrored.';
COMMENT ON COLUMN facebook_pages.id IS 'Tidemark''s id of the Page; every other table refers to it as page_id.';
COMMENT ON COLUMN facebook_pages.user_id IS 'Owner in your application, e.g. a Supabase user; null when nobody in particular.';
COMMENT ON COLUMN facebook_pages.facebook_page_id IS 'Facebook''s id of the Page.';
COMMENT ON COLUMN facebook_pages.name IS 'Name of the Page as Facebook shows it.';
COMMENT ON COLUMN facebook_pages.access_token IS 'Page access token, encrypted (AES-256-GCM). A plain one is used, and then stored again encrypted.';
COMMENT ON COLUMN facebook_pages.instagram_account_id IS 'Instagram account that belongs to the Page.';
COMMENT ON COLUMN facebook_pages.is_active IS 'Whether the Page takes part when all Pages are synced.';
COMMENT ON COLUMN facebook_pages.status IS 'connected, token_expired, permission_missing, throttled or paused.';
COMMENT ON COLUMN facebook_pages.status_detail IS 'Why, in a sentence; null when all is well.';
COMMENT ON COLUMN facebook_pages.last_synced_at IS 'Start of the last complete walk: the instant as of which the mirror is whole. Set it to null to make the next sync a full one.';
COMMENT ON COLUMN facebook_pages.created_at IS 'When the Page was first connected.';
COMMENT ON COLUMN facebook_pages.updated_at IS 'When this row last changed.';
