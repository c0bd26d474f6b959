/**
 * Tables named facebook_pages as programs of the kind have them. In each, the Page whose ids are PAGE and TOKEN is one
 * that can be synced.
 */
export interface AdoptedShape {
  readonly named: string;
  readonly sql: string;
  /** Columns that may change when a Page is synced, beside last_synced_at: their owner has them changed by a trigger. */
  readonly moves?: readonly string[];
  /** What its owner goes on doing afterwards. */
  readonly afterwards?: string;
  /** Words of a notice that the check must give. */
  readonly notice?: RegExp;
}

const ID = 'id uuid PRIMARY KEY DEFAULT gen_random_uuid()';
const INSERT = `INSERT INTO facebook_pages (facebook_page_id, name, access_token) VALUES ('PAGE', 'Bakery', 'TOKEN')`;

export const ADOPTED_SHAPES: readonly AdoptedShape[] = [
  {
    named: 'the one of a tutorial, with the column and the index that it tells to add',
    sql: `CREATE TABLE facebook_pages (${ID}, facebook_page_id text UNIQUE NOT NULL, name text, access_token text);
      ALTER TABLE facebook_pages ADD COLUMN IF NOT EXISTS last_synced_at TIMESTAMPTZ;
      CREATE INDEX IF NOT EXISTS idx_facebook_pages_last_synced_at ON facebook_pages(last_synced_at);
      ${INSERT};
      INSERT INTO facebook_pages (facebook_page_id, last_synced_at) VALUES ('5', '2024-11-10 10:00:00+02');`,
    afterwards: `UPDATE facebook_pages SET last_synced_at = NULL; INSERT INTO facebook_pages (facebook_page_id) VALUES ('6')`,
    notice: /access_token is read and never written/,
  },
  {
    named: 'narrow texts that must not be null',
    sql: `CREATE TABLE facebook_pages (${ID}, user_id uuid NOT NULL, facebook_page_id varchar(64) NOT NULL,
        name varchar(255) NOT NULL, access_token varchar(500) NOT NULL, category varchar(50) NOT NULL DEFAULT 'Bar',
        UNIQUE (user_id, facebook_page_id));
      INSERT INTO facebook_pages (user_id, facebook_page_id, name, access_token)
      VALUES (gen_random_uuid(), 'PAGE', 'Bäckerei', 'TOKEN');`,
    afterwards: `INSERT INTO facebook_pages VALUES (gen_random_uuid(), gen_random_uuid(), '7', 'Bar', 'EAAG', 'Café')`,
    notice: /facebook_pages\.user_id needs a value/,
  },
  {
    named: 'a status of another meaning, with a default and a check',
    sql: `CREATE TABLE facebook_pages (${ID}, facebook_page_id text NOT NULL UNIQUE, name text, access_token text,
        status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')), status_detail jsonb DEFAULT '{}');
      ${INSERT};
      INSERT INTO facebook_pages (facebook_page_id, status) VALUES ('8', 'archived');`,
    afterwards: `INSERT INTO facebook_pages (facebook_page_id, status) VALUES ('9', 'active');
      UPDATE facebook_pages SET status = 'archived', status_detail = '{"why": 1}'`,
    notice: /facebook_pages\.status keeps its meaning; Tidemark's own is sync_status/,
  },
  {
    named: 'a status that is an enum',
    sql: `CREATE TYPE page_state AS ENUM ('live', 'off');
      CREATE TABLE facebook_pages (${ID}, facebook_page_id text NOT NULL UNIQUE, name text, access_token text,
        status page_state NOT NULL DEFAULT 'live');
      ${INSERT};`,
    afterwards: `UPDATE facebook_pages SET status = 'off'`,
  },
  {
    named: 'numbers for ids of Facebook',
    sql: `CREATE TABLE facebook_pages (${ID}, facebook_page_id bigint NOT NULL UNIQUE, name text, access_token text,
        instagram_account_id bigint);
      INSERT INTO facebook_pages (facebook_page_id, name, access_token) VALUES (PAGE, 'Bakery', 'TOKEN');`,
    afterwards: `INSERT INTO facebook_pages (facebook_page_id, instagram_account_id) VALUES (9007199254740993, 17841400000000001)`,
  },
  {
    named: 'times without a time zone',
    sql: `CREATE TABLE facebook_pages (${ID}, facebook_page_id text NOT NULL UNIQUE, name text, access_token text,
        last_synced_at timestamp(0), created_at timestamp DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now());
      ${INSERT};
      UPDATE facebook_pages SET created_at = '2024-11-10 10:00:00.123456', updated_at = '2024-11-11', last_synced_at = '2024-11-12 03:04:05';
      INSERT INTO facebook_pages (facebook_page_id, created_at) VALUES ('11', NULL);`,
    afterwards: `SET LOCAL timezone = 'Asia/Kolkata'; UPDATE facebook_pages SET last_synced_at = NULL, updated_at = now()`,
  },
  {
    named: 'views on its columns',
    sql: `CREATE TABLE facebook_pages (${ID}, facebook_page_id varchar(40) NOT NULL UNIQUE, name varchar(80), access_token text);
      CREATE VIEW page_names AS SELECT id, name, facebook_page_id FROM facebook_pages;
      CREATE MATERIALIZED VIEW page_count AS SELECT count(*) AS pages FROM facebook_pages;
      ${INSERT};`,
    afterwards: `REFRESH MATERIALIZED VIEW page_count; UPDATE page_names SET name = 'Bar';
      ALTER TABLE facebook_pages ALTER COLUMN access_token TYPE varchar(900)`,
  },
  {
    named: 'a column that must have a value and no default',
    sql: `CREATE TABLE facebook_pages (${ID}, facebook_page_id text NOT NULL UNIQUE, page_name text NOT NULL, access_token text);
      INSERT INTO facebook_pages (facebook_page_id, page_name, access_token) VALUES ('PAGE', 'Bakery', 'TOKEN');`,
    afterwards: `INSERT INTO facebook_pages (facebook_page_id, page_name) VALUES ('12', 'Bar')`,
    notice: /facebook_pages\.page_name needs a value and has no default/,
  },
  {
    named: 'a trigger that stamps every change',
    sql: `CREATE TABLE facebook_pages (${ID}, facebook_page_id text NOT NULL UNIQUE, name text, access_token text,
        updated_at timestamptz NOT NULL DEFAULT '2024-01-01', version integer NOT NULL DEFAULT 1);
      CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN NEW.updated_at := clock_timestamp(); NEW.version := OLD.version + 1; RETURN NEW; END';
      CREATE TRIGGER stamped BEFORE UPDATE ON facebook_pages FOR EACH ROW EXECUTE FUNCTION stamp();
      ${INSERT};`,
    moves: ['updated_at', 'version'],
    notice: /trigger stamped of facebook_pages/,
  },
  {
    named: 'a trigger that writes a history',
    sql: `CREATE TABLE facebook_pages (${ID}, facebook_page_id text NOT NULL UNIQUE, name text, access_token text);
      CREATE TABLE page_history (page_id uuid, name text);
      CREATE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO page_history VALUES (OLD.id, OLD.name); RETURN NULL; END';
      CREATE TRIGGER remembered AFTER UPDATE OF name, access_token ON facebook_pages FOR EACH ROW EXECUTE FUNCTION remember();
      ${INSERT};`,
    afterwards: `UPDATE facebook_pages SET name = 'Bar'`,
    notice: /trigger remembered of facebook_pages/,
  },
  {
    named: 'policies and rights of its own',
    sql: `CREATE TABLE facebook_pages (${ID}, user_id uuid, facebook_page_id text NOT NULL UNIQUE, name text, access_token text);
      ALTER TABLE facebook_pages ENABLE ROW LEVEL SECURITY;
      CREATE POLICY own_pages ON facebook_pages USING (user_id::text = current_setting('app.user', true));
      GRANT SELECT ON facebook_pages TO PUBLIC; GRANT UPDATE (name) ON facebook_pages TO PUBLIC;
      ${INSERT};`,
  },
  {
    named: 'domains with checks',
    sql: `CREATE DOMAIN graph_id AS text CHECK (VALUE ~ '^[0-9]+$');
      CREATE DOMAIN short_name AS varchar(20) NOT NULL DEFAULT 'Page';
      CREATE TABLE facebook_pages (${ID}, facebook_page_id graph_id NOT NULL UNIQUE, name short_name, access_token text);
      ${INSERT};`,
    afterwards: `INSERT INTO facebook_pages (facebook_page_id) VALUES ('13')`,
  },
  {
    named: 'comments',
    sql: `CREATE TABLE facebook_pages (${ID}, facebook_page_id text NOT NULL UNIQUE, name text, access_token text, status text,
        last_synced_at timestamptz);
      COMMENT ON TABLE facebook_pages IS 'Ours.';
      COMMENT ON COLUMN facebook_pages.name IS 'As the customer calls it.';
      COMMENT ON COLUMN facebook_pages.status IS 'Of the contract.';
      COMMENT ON COLUMN facebook_pages.last_synced_at IS 'See wiki.';
      ${INSERT};`,
  },
  {
    named: 'flags that are null',
    sql: `CREATE TABLE facebook_pages (${ID}, facebook_page_id text NOT NULL UNIQUE, name text, access_token text,
        is_active boolean, user_id uuid DEFAULT '0b0c6f0e-6d0a-4c7b-9b1e-0f6f7a1f2d3c');
      ${INSERT};
      INSERT INTO facebook_pages (facebook_page_id, is_active) VALUES ('14', false);`,
    afterwards: `UPDATE facebook_pages SET is_active = NULL, user_id = NULL`,
  },
  {
    named: 'columns that PostgreSQL fills',
    sql: `CREATE TABLE facebook_pages (${ID}, number integer GENERATED ALWAYS AS IDENTITY, serial_number serial,
        facebook_page_id text NOT NULL UNIQUE, name text, slug text GENERATED ALWAYS AS (lower(name)) STORED, access_token text);
      ${INSERT};`,
    afterwards: `INSERT INTO facebook_pages (facebook_page_id, name) VALUES ('15', 'Bar')`,
  },
  {
    named: 'our names on keys of its own',
    sql: `CREATE TABLE facebook_pages (${ID}, user_id uuid, facebook_page_id text NOT NULL, name text, access_token text,
        CONSTRAINT facebook_pages_facebook_page_id_key UNIQUE (facebook_page_id, user_id),
        CONSTRAINT facebook_pages_status_check CHECK (name <> ''), CONSTRAINT facebook_pages_id_key CHECK (id IS NOT NULL));
      CREATE INDEX idx_facebook_pages_last_synced_at ON facebook_pages (name);
      ${INSERT};`,
    afterwards: `INSERT INTO facebook_pages (facebook_page_id, name) VALUES ('16', 'Bar')`,
  },
  {
    named: 'no key',
    sql: `CREATE TABLE facebook_pages (id uuid NOT NULL, facebook_page_id text, name text, access_token text);
      INSERT INTO facebook_pages VALUES (gen_random_uuid(), 'PAGE', 'Bakery', 'TOKEN');`,
    afterwards: `INSERT INTO facebook_pages VALUES (gen_random_uuid(), '17')`,
  },
  {
    named: 'keys that others cannot refer to',
    sql: `CREATE TABLE facebook_pages (id uuid NOT NULL UNIQUE DEFERRABLE, facebook_page_id text NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED,
        name text, access_token text, is_deleted boolean NOT NULL DEFAULT false);
      CREATE UNIQUE INDEX living ON facebook_pages (facebook_page_id) WHERE NOT is_deleted;
      INSERT INTO facebook_pages VALUES (gen_random_uuid(), 'PAGE', 'Bakery', 'TOKEN');`,
  },
  {
    named: 'people and times that are numbers',
    sql: `CREATE TABLE people (id bigserial PRIMARY KEY);
      INSERT INTO people DEFAULT VALUES;
      CREATE TABLE facebook_pages (${ID}, user_id bigint REFERENCES people, facebook_page_id text NOT NULL UNIQUE, name text,
        access_token text, created_at bigint NOT NULL DEFAULT 1731232800000, updated_at integer);
      ${INSERT};
      UPDATE facebook_pages SET user_id = 1;`,
    notice: /facebook_pages\.user_id is bigint and no uuid/,
  },
  {
    named: 'names that have to be quoted, and columns that were dropped',
    sql: `CREATE TABLE facebook_pages (gone integer, ${ID}, "isFavourite" boolean DEFAULT true, "order" integer, gone_too text,
        facebook_page_id text NOT NULL UNIQUE, name text, access_token text, "a name" text);
      ALTER TABLE facebook_pages DROP COLUMN gone, DROP COLUMN gone_too;
      ${INSERT};`,
    afterwards: `UPDATE facebook_pages SET "isFavourite" = false, "order" = 3`,
  },
  {
    named: 'others that refer to it',
    sql: `CREATE TABLE facebook_pages (${ID}, facebook_page_id text NOT NULL UNIQUE, name text, access_token text,
        instagram_account_id varchar(64));
      CREATE TABLE campaigns (page_id uuid NOT NULL REFERENCES facebook_pages ON DELETE CASCADE, facebook_page_id text
        REFERENCES facebook_pages (facebook_page_id), title text);
      ${INSERT};
      INSERT INTO campaigns SELECT id, facebook_page_id, 'Summer' FROM facebook_pages;`,
    afterwards: `DELETE FROM campaigns; DELETE FROM facebook_pages`,
  },
  {
    named: 'no token and no name at all',
    sql: `CREATE TABLE facebook_pages (facebook_page_id text NOT NULL UNIQUE, ${ID});
      INSERT INTO facebook_pages VALUES ('PAGE');`,
    afterwards: `INSERT INTO facebook_pages VALUES ('18')`,
  },
];
