-- What events tell of messages is joined with what Facebook shows of them, so that order, loss, repetition and lateness do
-- not matter. `effects` of a message:
--   unsent     when it was unsent; nothing else is kept then
--   edit       [number, at, text, since]: the latest edit that was told
--   reactions  by who reacts: [at, reaction or null, emoji or null, since], the latest one that was told
--   written    its text as it was written, when Facebook has shown another one
--   shown      what Facebook showed: text, reactions, and textAt, reactionsAt: it stands above what was told before then
-- `at` is Facebook's time, everything else is the database's; all are milliseconds.

ALTER TABLE facebook_messages ADD COLUMN IF NOT EXISTS effects jsonb;

CREATE TABLE IF NOT EXISTS facebook_message_effects (
  page_id uuid NOT NULL REFERENCES facebook_pages (id) ON DELETE CASCADE,
  message_id text NOT NULL,
  effects jsonb NOT NULL,
  told_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (page_id, message_id)
);
CREATE INDEX IF NOT EXISTS idx_facebook_message_effects_newest ON facebook_message_effects (told_at);

CREATE TABLE IF NOT EXISTS facebook_wanted_contacts (
  page_id uuid NOT NULL REFERENCES facebook_pages (id) ON DELETE CASCADE,
  platform text NOT NULL CHECK (platform IN ('messenger', 'instagram')),
  contact_id text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  wanted_at timestamptz NOT NULL DEFAULT now(),
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (page_id, platform, contact_id)
);
CREATE INDEX IF NOT EXISTS idx_facebook_wanted_contacts_due ON facebook_wanted_contacts (next_attempt_at);

CREATE TABLE IF NOT EXISTS facebook_webhook_messages (
  page_id uuid NOT NULL REFERENCES facebook_pages (id) ON DELETE CASCADE,
  message_id text NOT NULL,
  event_id uuid NOT NULL,
  PRIMARY KEY (page_id, message_id, event_id)
);

CREATE INDEX IF NOT EXISTS idx_facebook_conversations_contact
  ON facebook_conversations (page_id, platform, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_facebook_pages_instagram_account
  ON facebook_pages (instagram_account_id) WHERE instagram_account_id IS NOT NULL;

ALTER TABLE facebook_conversations ADD COLUMN IF NOT EXISTS unsent_at timestamptz;

ALTER TABLE facebook_sync_runs DROP CONSTRAINT IF EXISTS facebook_sync_runs_mode_check;
ALTER TABLE facebook_sync_runs ADD CONSTRAINT facebook_sync_runs_mode_check
  CHECK (mode IN ('full', 'incremental', 'verify', 'history', 'contacts'));

ALTER TABLE facebook_message_effects ENABLE ROW LEVEL SECURITY;
ALTER TABLE facebook_wanted_contacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE facebook_webhook_messages ENABLE ROW LEVEL SECURITY;

-- The later of two of each kind stands, whichever comes first: this may be done in any order and any number of times.
CREATE OR REPLACE FUNCTION tidemark_join_effects(held jsonb, told jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN held ? 'unsent' OR told ? 'unsent'
    THEN jsonb_build_object('unsent', least(held -> 'unsent', told -> 'unsent'))
    ELSE held || told
      || CASE WHEN held ? 'edit' AND told ? 'edit'
           THEN jsonb_build_object('edit', greatest(held -> 'edit', told -> 'edit')) ELSE '{}' END
      || CASE WHEN held ? 'reactions' AND told ? 'reactions'
           THEN jsonb_build_object('reactions', (
             SELECT jsonb_object_agg(actor, reaction) FROM (
               SELECT DISTINCT ON (actor) actor, reaction FROM (
                 SELECT * FROM jsonb_each(held -> 'reactions')
                 UNION ALL SELECT * FROM jsonb_each(told -> 'reactions')
               ) AS every (actor, reaction)
               ORDER BY actor, reaction DESC
             ) AS latest)) ELSE '{}' END
    END
$$;

-- Facebook shows a text and reactions, as of `shown_at` or later; null: as of when they were written, so that whatever was
-- shown stands. A text that differs from the one before proves that Facebook shows edits here. No reactions prove nothing,
-- unless there were some.
CREATE OR REPLACE FUNCTION tidemark_show_message(effects jsonb, text text, reactions jsonb, shown_at double precision)
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN effects ? 'unsent' THEN effects ELSE effects || jsonb_build_object('shown',
    coalesce(effects -> 'shown', '{}')
    || CASE
         WHEN $2 IS NULL THEN '{}'
         WHEN coalesce(effects -> 'shown' ->> 'text', '') = '' THEN jsonb_build_object('text', $2)
         WHEN $2 = '' OR ($2 = effects -> 'shown' ->> 'text' AND coalesce(effects ->> 'written' = $2, true)) THEN '{}'
         WHEN coalesce((effects -> 'edit' ->> 3)::double precision, '-infinity') < shown_at
           THEN jsonb_build_object('text', $2, 'textAt', shown_at)
         ELSE '{}' END
    || CASE
         WHEN shown_at IS NULL THEN '{}'
         WHEN $3 = '[]' AND coalesce(effects -> 'shown' -> 'reactions', '[]') = '[]' THEN '{}'
         ELSE jsonb_build_object('reactions', $3, 'reactionsAt', shown_at) END) END
$$;

-- The text that a message has; null when it was unsent.
CREATE OR REPLACE FUNCTION tidemark_message_text(effects jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN effects ? 'unsent' THEN NULL
    WHEN (effects -> 'edit' ->> 3)::double precision
         >= coalesce((effects -> 'shown' ->> 'textAt')::double precision, '-infinity') THEN effects -> 'edit' ->> 2
    ELSE effects -> 'shown' ->> 'text' END
$$;

-- The reactions that a message has: those that are shown, but of who reacted since as it was told.
CREATE OR REPLACE FUNCTION tidemark_message_reactions(effects jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  WITH told AS (
    SELECT actor, reaction FROM jsonb_each(effects -> 'reactions') AS each (actor, reaction)
    WHERE (reaction ->> 3)::double precision
          >= coalesce((effects -> 'shown' ->> 'reactionsAt')::double precision, '-infinity')
  ), shown AS (
    SELECT place, item, CASE WHEN jsonb_typeof(item -> 'users') = 'array' THEN item -> 'users' END AS users
    FROM jsonb_array_elements(coalesce(effects -> 'shown' -> 'reactions', '[]')) WITH ORDINALITY AS each (item, place)
  ), kept AS (
    SELECT place, CASE WHEN users IS NULL THEN item ELSE item || jsonb_build_object('users', left_over) END AS item
    FROM shown CROSS JOIN LATERAL (
      SELECT jsonb_agg(person) AS left_over FROM jsonb_array_elements(users) AS person
      WHERE NOT EXISTS (SELECT FROM told WHERE told.actor = person ->> 'id')
    ) AS others
    WHERE users IS NULL OR left_over IS NOT NULL
  )
  SELECT CASE WHEN effects ? 'unsent' THEN '[]' ELSE coalesce(jsonb_agg(item ORDER BY place, actor), '[]') END
  FROM (
    SELECT place, '' AS actor, item FROM kept
    UNION ALL
    SELECT 1000000, actor, jsonb_strip_nulls(jsonb_build_object(
      'reaction', reaction -> 1, 'emoji', reaction -> 2, 'users', jsonb_build_array(jsonb_build_object('id', actor))))
    FROM told WHERE reaction ->> 1 IS NOT NULL
  ) AS every
$$;

COMMENT ON COLUMN facebook_messages.effects IS 'What events told of the message, beside what Facebook shows of it; null when they told nothing more.';
COMMENT ON COLUMN facebook_conversations.unsent_at IS 'When it was last told that a message of it was unsent: what a run shows that began before may still hold it.';
COMMENT ON TABLE facebook_message_effects IS 'What events told of messages that are not in the mirror yet. That one was unsent is kept, so that it never comes back.';
COMMENT ON COLUMN facebook_message_effects.page_id IS 'Page.';
COMMENT ON COLUMN facebook_message_effects.message_id IS 'Message.';
COMMENT ON COLUMN facebook_message_effects.effects IS 'As in facebook_messages.';
COMMENT ON COLUMN facebook_message_effects.told_at IS 'When the last of it was told.';
COMMENT ON TABLE facebook_wanted_contacts IS 'People who wrote, and whose conversation is to be fetched.';
COMMENT ON COLUMN facebook_wanted_contacts.page_id IS 'Page that they wrote to.';
COMMENT ON COLUMN facebook_wanted_contacts.platform IS 'messenger or instagram.';
COMMENT ON COLUMN facebook_wanted_contacts.contact_id IS 'Facebook''s id of the person.';
COMMENT ON COLUMN facebook_wanted_contacts.attempts IS 'How often Facebook was asked and did not show it.';
COMMENT ON COLUMN facebook_wanted_contacts.wanted_at IS 'Since when.';
COMMENT ON COLUMN facebook_wanted_contacts.next_attempt_at IS 'When Facebook is asked next.';
COMMENT ON TABLE facebook_webhook_messages IS 'Which delivery tells the content of which message, so that it is taken out when the message is unsent.';
COMMENT ON COLUMN facebook_webhook_messages.page_id IS 'Page.';
COMMENT ON COLUMN facebook_webhook_messages.message_id IS 'Message.';
COMMENT ON COLUMN facebook_webhook_messages.event_id IS 'Delivery.';
