-- A Page may get an Instagram account after it was connected, or lose it. Facebook is asked for it once a day.
ALTER TABLE facebook_pages ADD COLUMN IF NOT EXISTS instagram_checked_at timestamptz;
COMMENT ON COLUMN facebook_pages.instagram_checked_at IS 'When Facebook was last asked which Instagram account the Page has; null: ask with the next sync.';
