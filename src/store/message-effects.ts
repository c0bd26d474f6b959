/**
 * What a message is, said once: what Facebook showed of it, joined with the effects that events brought. Whoever writes
 * a message, because it was shown or because something was told, uses these expressions; how effects are joined and read
 * is in the functions of the schema. Column `effects` is null where nothing was told, which is so nearly everywhere.
 */

/**
 * $1 page · $4 run. What a run shows was true when it began, or later; what was told before then is in it, if Facebook
 * shows such things at all. By the database's clock, as everything here.
 */
export const SHOWN_AT = `(
  SELECT extract(epoch FROM run.started_at) * 1000 FROM facebook_sync_runs AS run
  WHERE run.page_id = $1 AND run.id = $4)::float8`;

/** Effects after a run has shown the message. */
export function showTo(effects: string, { text, reactions }: { readonly text: string; readonly reactions: string }) {
  return `tidemark_show_message(${effects}, ${text}, ${reactions}, ${SHOWN_AT})`;
}

/** Effects after the message was told as it was written: that says nothing of what became of it. */
export function tellTo(effects: string, text: string): string {
  return `tidemark_show_message(${effects}, ${text}, '[]', NULL)`;
}

/** Effects of a row of which nothing else was told. */
export const ONLY_SHOWN = (row: string) => `coalesce(${row}.effects, jsonb_build_object('shown',
  jsonb_build_object('text', ${row}.text, 'reactions', ${row}.reactions)))`;

/** A fingerprint, or none when an edit was told since the run began: the next one has to look again. */
export const LOOK_AGAIN = (effects: string, contentHash: string) =>
  `CASE WHEN (${effects} -> 'edit' ->> 3)::float8 >= ${SHOWN_AT} THEN NULL ELSE ${contentHash} END`;

const isUnsent = (effects: string) => `(${effects}) ? 'unsent'`;
const toTime = (ms: string) => `to_timestamp((${ms})::float8 / 1000)`;

/** The columns that readers see, given the effects; the others say what to write where nothing was told. */
export function visible(
  effects: string,
  shown: { readonly text: string; readonly attachments: string; readonly reactions: string },
) {
  return {
    text: `CASE WHEN (${effects}) IS NULL THEN ${shown.text} ELSE tidemark_message_text(${effects}) END`,
    attachments: `CASE WHEN ${isUnsent(effects)} THEN '[]' ELSE ${shown.attachments} END`,
    reactions: `CASE WHEN (${effects}) IS NULL THEN ${shown.reactions} ELSE tidemark_message_reactions(${effects}) END`,
    editedAt: toTime(`(${effects}) -> 'edit' ->> 1`),
    deletedAt: toTime(`(${effects}) ->> 'unsent'`),
    raw: (raw: string) =>
      `CASE WHEN ${isUnsent(effects)} THEN jsonb_build_object('id', ${raw} -> 'id') ELSE ${raw} END`,
    keep: (column: string) => `CASE WHEN ${isUnsent(effects)} THEN NULL ELSE ${column} END`,
  };
}
