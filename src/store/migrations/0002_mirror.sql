-- The mirror: conversations and their messages, closed to Supabase's HTTP interface like the Pages.

CREATE TABLE IF NOT EXISTS facebook_conversations (
  page_id uuid NOT NULL REFERENCES facebook_pages (id) ON DELETE CASCADE,
  id text NOT NULL,
  platform text NOT NULL CHECK (platform IN ('messenger', 'instagram')),
  updated_time timestamptz,
  message_count integer,
  unread_count integer NOT NULL DEFAULT 0,
  snippet text,
  link text,
  contact_id text,
  contact_name text,
  participants jsonb NOT NULL DEFAULT '[]',
  read_at timestamptz,
  delivered_at timestamptz,
  history_complete boolean NOT NULL DEFAULT false,
  deleted_at timestamptz,
  raw jsonb NOT NULL,
  synced_at timestamptz NOT NULL DEFAULT now(),
  collected_at timestamptz,
  collected_updated_time timestamptz,
  collected_message_count integer,
  newest_message_id text,
  newest_message_time timestamptz,
  floor_message_id text,
  floor_message_time timestamptz,
  content_hash text,
  revision integer NOT NULL DEFAULT 1,
  PRIMARY KEY (page_id, id)
);

-- Newest first, by Page; conversations without a time come last.
CREATE INDEX IF NOT EXISTS idx_facebook_conversations_newest
  ON facebook_conversations (page_id, (coalesce(updated_time, '-infinity'::timestamptz)) DESC, id DESC);

CREATE TABLE IF NOT EXISTS facebook_messages (
  page_id uuid NOT NULL REFERENCES facebook_pages (id) ON DELETE CASCADE,
  id text NOT NULL,
  conversation_id text NOT NULL,
  created_time timestamptz,
  from_id text,
  from_name text,
  direction text CHECK (direction IN ('inbound', 'outbound')),
  text text,
  attachments jsonb NOT NULL DEFAULT '[]',
  reactions jsonb NOT NULL DEFAULT '[]',
  reply_to text,
  edited_at timestamptz,
  deleted_at timestamptz,
  source text NOT NULL CHECK (source IN ('sync', 'history', 'webhook')),
  raw jsonb NOT NULL,
  synced_at timestamptz NOT NULL DEFAULT now(),
  content_hash text,
  revision integer NOT NULL DEFAULT 1,
  PRIMARY KEY (page_id, id)
);

-- Newest first, by conversation; messages without a time come last.
CREATE INDEX IF NOT EXISTS idx_facebook_messages_newest
  ON facebook_messages (page_id, conversation_id, (coalesce(created_time, '-infinity'::timestamptz)) DESC, id DESC);

ALTER TABLE facebook_conversations ENABLE ROW LEVEL SECURITY;
ALTER TABLE facebook_messages ENABLE ROW LEVEL SECURITY;

COMMENT ON TABLE facebook_conversations IS 'The conversations of the Pages, as Facebook last showed them.';
COMMENT ON COLUMN facebook_conversations.page_id IS 'Page that the conversation belongs to.';
COMMENT ON COLUMN facebook_conversations.id IS 'Facebook''s id of the conversation.';
COMMENT ON COLUMN facebook_conversations.platform IS 'messenger or instagram.';
COMMENT ON COLUMN facebook_conversations.updated_time IS 'When the last message was added, says Facebook.';
COMMENT ON COLUMN facebook_conversations.message_count IS 'Messages in the conversation, says Facebook; null when it does not say.';
COMMENT ON COLUMN facebook_conversations.unread_count IS 'Messages the Page has not read.';
COMMENT ON COLUMN facebook_conversations.snippet IS 'Beginning of the last message.';
COMMENT ON COLUMN facebook_conversations.link IS 'Address of the conversation in the inbox of the Page, relative to facebook.com.';
COMMENT ON COLUMN facebook_conversations.contact_id IS 'Who the Page talks to; null when Facebook names nobody but the Page.';
COMMENT ON COLUMN facebook_conversations.contact_name IS 'Name of the contact (the username on Instagram); a known name is kept when Facebook stops showing it.';
COMMENT ON COLUMN facebook_conversations.participants IS 'Everybody in the conversation, the Page included.';
COMMENT ON COLUMN facebook_conversations.read_at IS 'Up to when the contact has read.';
COMMENT ON COLUMN facebook_conversations.delivered_at IS 'Up to when messages were delivered to the contact.';
COMMENT ON COLUMN facebook_conversations.history_complete IS 'Whether every message down to the first one is mirrored.';
COMMENT ON COLUMN facebook_conversations.deleted_at IS 'When the conversation was found to be gone; null while it is there.';
COMMENT ON COLUMN facebook_conversations.raw IS 'Facebook''s JSON, whole, without the messages. _tidemark.replaced names what PostgreSQL could not hold.';
COMMENT ON COLUMN facebook_conversations.synced_at IS 'When this row last changed.';
COMMENT ON COLUMN facebook_conversations.collected_at IS 'When the messages were last collected; null when they never were.';
COMMENT ON COLUMN facebook_conversations.collected_updated_time IS 'updated_time as of the last collect: a newer one means that there is something to collect.';
COMMENT ON COLUMN facebook_conversations.collected_message_count IS 'message_count as of the last collect.';
COMMENT ON COLUMN facebook_conversations.newest_message_id IS 'Newest end of the unbroken stretch of mirrored messages.';
COMMENT ON COLUMN facebook_conversations.newest_message_time IS 'Time of that message.';
COMMENT ON COLUMN facebook_conversations.floor_message_id IS 'Oldest end of that stretch.';
COMMENT ON COLUMN facebook_conversations.floor_message_time IS 'Time of that message.';
COMMENT ON COLUMN facebook_conversations.content_hash IS 'Fingerprint of what Facebook showed, without what changes by itself (signed media addresses).';
COMMENT ON COLUMN facebook_conversations.revision IS '1 for a row as it was inserted, one more with every change.';

COMMENT ON TABLE facebook_messages IS 'The messages of the conversations.';
COMMENT ON COLUMN facebook_messages.page_id IS 'Page that the message belongs to.';
COMMENT ON COLUMN facebook_messages.id IS 'Facebook''s id of the message.';
COMMENT ON COLUMN facebook_messages.conversation_id IS 'Conversation that the message belongs to.';
COMMENT ON COLUMN facebook_messages.created_time IS 'When it was sent.';
COMMENT ON COLUMN facebook_messages.from_id IS 'Who sent it; null when Facebook does not say.';
COMMENT ON COLUMN facebook_messages.from_name IS 'Name of the sender.';
COMMENT ON COLUMN facebook_messages.direction IS 'inbound (from the contact) or outbound (from the Page); null when Facebook does not say who sent it.';
COMMENT ON COLUMN facebook_messages.text IS 'Text, empty for stickers and shares; null when Facebook gives none. U+FFFD stands for what PostgreSQL cannot hold.';
COMMENT ON COLUMN facebook_messages.attachments IS 'Array of attachments, shares and stickers.';
COMMENT ON COLUMN facebook_messages.reactions IS 'Array of reactions: which, and by whom.';
COMMENT ON COLUMN facebook_messages.reply_to IS 'Message that this one answers.';
COMMENT ON COLUMN facebook_messages.edited_at IS 'When it was last edited.';
COMMENT ON COLUMN facebook_messages.deleted_at IS 'When it was unsent, or found to be gone.';
COMMENT ON COLUMN facebook_messages.source IS 'What brought the row first: sync, history or webhook.';
COMMENT ON COLUMN facebook_messages.raw IS 'Facebook''s JSON, whole. _tidemark.replaced names what PostgreSQL could not hold.';
COMMENT ON COLUMN facebook_messages.synced_at IS 'When this row last changed.';
COMMENT ON COLUMN facebook_messages.content_hash IS 'Fingerprint of what Facebook showed, without what changes by itself (signed media addresses).';
COMMENT ON COLUMN facebook_messages.revision IS '1 for a row as it was inserted, one more with every change.';
