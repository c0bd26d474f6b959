-- Splits the tables that grow into HASH partitions by Page. Run it as the owner of the tables, after
-- `tidemark migrate` and best on an empty database:
--
--   tidemark migrate && psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f docs/partitioning.sql
--
-- It is one transaction and safe to run twice; a table that is partitioned already is left alone. A table that holds
-- rows is copied: stop Tidemark first, and have as much disk free as the tables take. Policies, triggers, views and
-- grants of your own come after it: it stops at the first three, and grants would be lost with the plain table.
--
-- Migrations of later versions work on partitioned tables as on plain ones.

BEGIN;

DO $$
DECLARE
  -- Fixed for good: another number means to copy every row. Enough for a partition to stay well below 100 million rows.
  partitions CONSTANT integer := 16;
  growing CONSTANT text[] := ARRAY[
    'facebook_conversations', 'facebook_messages', 'facebook_sync_runs', 'facebook_retry_ledger'];
  target text;
  plain text;
  definition text;
  definitions text[];
  row_columns text;
  about text;
BEGIN
  -- The lock of the migrations: none of them may come in between.
  PERFORM pg_advisory_xact_lock(4680251119);

  FOREACH target IN ARRAY growing LOOP
    CONTINUE WHEN NOT EXISTS (
      SELECT FROM pg_class
      WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relname = target AND relkind = 'r');
    IF EXISTS (SELECT FROM pg_policy WHERE polrelid = target::regclass)
       OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = target::regclass AND NOT tgisinternal) THEN
      RAISE EXCEPTION '% has policies or triggers. Drop them, partition, and make them again.', target;
    END IF;

    -- Keys and indexes under their own names, so that migrations find them.
    SELECT array_agg(sql ORDER BY place) INTO definitions FROM (
      SELECT CASE contype WHEN 'p' THEN 1 WHEN 'u' THEN 2 ELSE 3 END AS place,
             format('ALTER TABLE %I ADD CONSTRAINT %I %s', target, conname, pg_get_constraintdef(oid)) AS sql
      FROM pg_constraint WHERE conrelid = target::regclass AND contype IN ('p', 'u', 'f')
      UNION ALL
      SELECT 4, pg_get_indexdef(indexrelid)
      FROM pg_index
      WHERE indrelid = target::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    ) AS found;
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO row_columns
    FROM pg_attribute WHERE attrelid = target::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    about := obj_description(target::regclass, 'pg_class');

    plain := 'plain_' || target;
    EXECUTE format('ALTER TABLE %I RENAME TO %I', target, plain);
    EXECUTE format(
      'CREATE TABLE %I (LIKE %I INCLUDING ALL EXCLUDING INDEXES) PARTITION BY HASH (page_id)', target, plain);
    FOR remainder IN 0 .. partitions - 1 LOOP
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS %s, REMAINDER %s)',
        target || '_' || remainder, target, partitions, remainder);
      -- A partition is a table of its own to whoever asks for it by name, such as the HTTP interface of Supabase.
      EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', target || '_' || remainder);
    END LOOP;
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('COMMENT ON TABLE %I IS %L', target, about);
    EXECUTE format('INSERT INTO %I (%s) SELECT %s FROM %I', target, row_columns, row_columns, plain);
    EXECUTE format('DROP TABLE %I', plain);
    FOREACH definition IN ARRAY definitions LOOP
      EXECUTE definition;
    END LOOP;
  END LOOP;
END $$;

COMMIT;
