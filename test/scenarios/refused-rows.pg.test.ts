/** What the owner of the database adds to our tables may refuse a row: it costs that conversation and no other (I12). */
import { expect, it } from 'vitest';
import { must } from '../../src/lib/must.ts';
import { openEye } from '../support/client.ts';
import { openWorld, type TestWorld } from '../support/world.ts';

const trigger = (body: string) => `
  CREATE FUNCTION keep_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} RETURN NEW; END $$;
  CREATE TRIGGER owners_rule BEFORE INSERT OR UPDATE ON facebook_messages FOR EACH ROW EXECUTE FUNCTION keep_order();`;

const bad = (id: string) => `NEW.conversation_id = '${id}'`;
const OF_TRIGGER = /trigger "owners_rule" of table "facebook_messages"/;

/** [what it is, the SQL that makes it, what the reason names, the SQL that takes it away]. */
const REFUSALS: readonly [string, (id: string) => string, RegExp][] = [
  ['a trigger that refuses', (id) => trigger(`IF ${bad(id)} THEN RAISE EXCEPTION 'not this one'; END IF;`), OF_TRIGGER],
  [
    'a trigger that writes to a table that is gone',
    (id) => trigger(`IF ${bad(id)} THEN INSERT INTO gone VALUES (1); END IF;`),
    OF_TRIGGER,
  ],
  [
    'a trigger whose statement fails',
    (id) => trigger(`IF ${bad(id)} THEN PERFORM 1 / length(NEW.source || '') / 0; END IF;`),
    OF_TRIGGER,
  ],
  [
    'a check',
    (id) => `ALTER TABLE facebook_conversations ADD CONSTRAINT owners_check CHECK (id <> '${id}')`,
    /constraint "owners_check".*table "facebook_conversations"/,
  ],
  [
    'a generated column',
    (id) =>
      `ALTER TABLE facebook_conversations ADD COLUMN made int GENERATED ALWAYS AS (1 / (id <> '${id}')::int) STORED`,
    /division by zero/,
  ],
  [
    'a foreign key',
    (id) => `CREATE TABLE customers AS SELECT 'x'::text AS id WHERE false;
      ALTER TABLE customers ADD PRIMARY KEY (id);
      ALTER TABLE facebook_messages ADD COLUMN customer text GENERATED ALWAYS AS (nullif(conversation_id, '${id}')) STORED;
      ALTER TABLE facebook_messages ADD COLUMN owned text GENERATED ALWAYS AS
        (CASE WHEN conversation_id = '${id}' THEN conversation_id END) STORED REFERENCES customers (id)`,
    /constraint "facebook_messages_owned_fkey".*table "facebook_messages"/,
  ],
];

async function run(world: TestWorld, sql: string): Promise<void> {
  await using eye = await openEye(world.databaseUrl);
  await eye.client.query(sql);
}

async function held(world: TestWorld) {
  await using eye = await openEye(world.databaseUrl);
  const { rows } = await eye.client.query<{ id: string }>(
    'SELECT id FROM facebook_conversations WHERE collected_at IS NOT NULL',
  );
  const { rows: ledger } = await eye.client.query(
    'SELECT conversation_id, error_code, reason FROM facebook_retry_ledger',
  );
  return { ids: rows.map(({ id }) => id), ledger };
}

for (const [what, build, names] of REFUSALS) {
  it(`${what} costs its own conversation alone, which is stored once it may`, async () => {
    await using world = await openWorld({ version: 17, simulator: { conversations: 6 } });
    const pageId = must(world.pageIds[0], 'a Page');
    const ids = world.simulator.world.truth(pageId).conversations.map(({ id }) => id);
    const refused = must(ids[3], 'six of them');
    await run(world, build(refused));

    expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'partial', inserted: 5 });
    const { ids: stored, ledger } = await held(world);
    expect(stored.toSorted()).toEqual(ids.filter((id) => id !== refused).toSorted());
    expect(ledger).toEqual([
      { conversation_id: refused, error_code: 'DATA_REFUSED', reason: expect.stringMatching(names) },
    ]);

    await run(
      world,
      `DROP TRIGGER IF EXISTS owners_rule ON facebook_messages;
       ALTER TABLE facebook_conversations DROP CONSTRAINT IF EXISTS owners_check, DROP COLUMN IF EXISTS made;
       ALTER TABLE facebook_messages DROP COLUMN IF EXISTS owned, DROP COLUMN IF EXISTS customer;
       UPDATE facebook_retry_ledger SET next_attempt_at = now()`,
    );
    expect(await world.tidemark.sync({ facebookPageId: pageId })).toMatchObject({ status: 'succeeded', inserted: 1 });
    expect(await world.differences()).toEqual([]);
  });
}

it('a trigger that refuses all of a Page fails its run, names itself, and fills no ledger', async () => {
  await using world = await openWorld({ version: 17, simulator: { conversations: 60 } });
  await run(world, trigger(`RAISE EXCEPTION 'closed' USING ERRCODE = 'XY001';`));
  await expect(world.tidemark.sync({ facebookPageId: must(world.pageIds[0], 'a Page') })).rejects.toMatchObject({
    code: 'DATA_REFUSED',
    message: expect.stringMatching(OF_TRIGGER),
  });
  expect((await held(world)).ledger).toEqual([]);
});

it('older messages that a trigger refuses leave the history of the others going', async () => {
  await using world = await openWorld({
    version: 17,
    simulator: { conversations: 3, messagesPerConversation: { min: 60, max: 60, mean: 60 } },
  });
  const pageId = must(world.pageIds[0], 'a Page');
  await world.tidemark.sync({ facebookPageId: pageId });
  const refused = must(world.simulator.world.truth(pageId).conversations[0], 'three of them').id;
  await run(world, trigger(`IF ${bad(refused)} THEN RAISE EXCEPTION 'not this one'; END IF;`));
  await world.tidemark.collectHistory({});
  await using eye = await openEye(world.databaseUrl);
  const { rows } = await eye.client.query(
    'SELECT id, history_complete, history_problem FROM facebook_conversations WHERE NOT history_complete',
  );
  expect(rows).toEqual([{ id: refused, history_complete: false, history_problem: expect.stringMatching(OF_TRIGGER) }]);
});
