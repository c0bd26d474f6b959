-- Plain ORDER BY updated_time DESC and created_time DESC, as people and Supabase's HTTP interface write them, find an
-- index: for one Page, for all, and within a conversation. What Facebook dates not at all has -infinity for its time and
-- so comes last, without a null that readers would have to think of.

DO $$
DECLARE
  dated record;
  old_index text;
BEGIN
  FOR dated IN
    SELECT * FROM (VALUES ('facebook_conversations', 'updated_time'), ('facebook_messages', 'created_time')) AS column_of (name, time)
    JOIN pg_attribute ON attrelid = column_of.name::regclass AND attname = column_of.time AND NOT attnotnull
  LOOP
    EXECUTE format('UPDATE %I SET %I = ''-infinity'' WHERE %I IS NULL', dated.name, dated.time, dated.time);
    EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET DEFAULT ''-infinity'', ALTER COLUMN %I SET NOT NULL',
      dated.name, dated.time, dated.time);
  END LOOP;

  -- Those that an expression led.
  FOREACH old_index IN ARRAY ARRAY[
    'idx_facebook_conversations_newest', 'idx_facebook_conversations_open_history', 'idx_facebook_messages_newest']
  LOOP
    IF pg_get_indexdef(to_regclass(format('%I.%I', current_schema(), old_index))) ILIKE '%coalesce(%' THEN
      EXECUTE format('DROP INDEX %I', old_index);
    END IF;
  END LOOP;
END $$;

-- Without the id, those of all Pages are of no use to who asks for (time, id) within a Page, and so never tempt.
CREATE INDEX IF NOT EXISTS idx_facebook_conversations_newest
  ON facebook_conversations (page_id, updated_time DESC, id DESC);
CREATE INDEX IF NOT EXISTS idx_facebook_conversations_newest_of_all
  ON facebook_conversations (updated_time DESC);
CREATE INDEX IF NOT EXISTS idx_facebook_conversations_open_history
  ON facebook_conversations (page_id, updated_time DESC, id DESC) WHERE NOT history_complete;
CREATE INDEX IF NOT EXISTS idx_facebook_messages_newest
  ON facebook_messages (page_id, conversation_id, created_time DESC, id DESC);
CREATE INDEX IF NOT EXISTS idx_facebook_messages_newest_of_page
  ON facebook_messages (page_id, created_time DESC);
CREATE INDEX IF NOT EXISTS idx_facebook_messages_newest_of_all
  ON facebook_messages (created_time DESC);

COMMENT ON COLUMN facebook_conversations.updated_time IS 'When the last message was added, says Facebook; -infinity when it does not say.';
COMMENT ON COLUMN facebook_messages.created_time IS 'When it was sent; -infinity when Facebook does not say.';
