-- How many messages of a conversation are stored, so that a verify sees when rows are lost.

ALTER TABLE facebook_conversations ADD COLUMN IF NOT EXISTS held_message_count integer;

-- Few are gone, so counting those that are not takes two scans of indexes.
CREATE INDEX IF NOT EXISTS idx_facebook_messages_gone
  ON facebook_messages (page_id, conversation_id) WHERE deleted_at IS NOT NULL;

COMMENT ON COLUMN facebook_conversations.held_message_count IS 'Messages that were stored after the last collect, without those that are gone; null when nobody counted.';
