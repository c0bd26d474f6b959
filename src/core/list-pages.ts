/**
 * The one loop along the cursors of a list: conversations, messages and accounts alike. It asks for less when an
 * answer is too big, has an unexpected end said twice, and ends a list that would go on for ever. It remembers no more
 * of a long list than of a short one (I11).
 */
import { createCycleDetector } from './cycle-detector.ts';
import { GraphError, isGraphError, isOwnFault } from './errors.ts';
import type { CursorPage } from './model.ts';
import type { PageSize } from './page-size.ts';

/** A place in a list: Facebook's cursor, or undefined for its head. */
export type Cursor = string | undefined;

/** A cursor for the head of a list that is known to go on, without Facebook having said where. */
export const HEAD_CURSOR = '?';

export interface ListOptions<Page> {
  readonly ask: (request: { readonly after: Cursor; readonly limit: number }) => Promise<Page>;
  readonly from: Cursor;
  /** `from` was given to an earlier run: Facebook may have forgotten it, and then shows an empty list. Default: false. */
  readonly isFromEarlierRun?: boolean;
  readonly size: PageSize;
  /** How many items the next page should bring. Default: as many as the size allows. */
  readonly wanted?: () => number;
  /** For error messages, e.g. `the conversations`. */
  readonly subject: string;
}

/** Facebook does not know the cursor any more: its item is gone, or it is too old. */
export class DeadCursor extends GraphError {
  constructor({ code, message, kind, graphCode, graphSubcode, httpStatus }: GraphError) {
    super(code, message, { kind, graphCode, graphSubcode, httpStatus });
  }
}

/** The list leads back to where it was, or goes on and on without bringing anything. */
export class EndlessList extends GraphError {
  constructor(message: string) {
    super('GRAPH_ERROR', message, { kind: 'invalid' });
  }
}

/** Facebook leaves out what it may not show; so many pages of nothing else in a row are no list. */
const MOST_EMPTY_PAGES = 5;

/** Every page up to the end of the list. Throws DeadCursor, EndlessList, or what `ask` rejects with when less does not help. */
export async function* listPages<Page extends CursorPage<{ readonly id?: string | undefined }>>(
  list: ListOptions<Page>,
): AsyncGenerator<Page, void> {
  const { subject, from } = list;
  const isCursorCycle = createCycleDetector();
  const isItemCycle = createCycleDetector();
  if (from !== undefined) isCursorCycle(from);
  let after = from;
  let emptyPages = 0;
  for (;;) {
    const page = await askUntilSure(list, after);
    yield page;
    if (page.after === undefined) return;
    const first = page.items[0]?.id;
    if (isCursorCycle(page.after) || (first !== undefined && isItemCycle(first))) {
      throw new EndlessList(`Facebook lists ${subject} in a circle; following it would never end. Try again later.`);
    }
    emptyPages = page.items.length === 0 ? emptyPages + 1 : 0;
    if (emptyPages === MOST_EMPTY_PAGES) {
      throw new EndlessList(`Facebook lists ${subject} in ${emptyPages} empty pages in a row. Try again later.`);
    }
    after = page.after;
  }
}

/** Facebook promised more behind a cursor. When it shows nothing there, the list may have ended: it has to say so twice. */
async function askUntilSure<Page extends CursorPage<unknown>>(list: ListOptions<Page>, after: Cursor): Promise<Page> {
  const page = await askInSize(list, after);
  if (after === undefined || page.items.length > 0 || page.after !== undefined) return page;
  if (list.isFromEarlierRun === true && after === list.from) {
    const message = `Facebook shows nothing of ${list.subject} behind a cursor of an earlier run.`;
    throw new DeadCursor(new GraphError('GRAPH_ERROR', message, { kind: 'missing' }));
  }
  return askInSize(list, after);
}

async function askInSize<Page>({ ask, size, wanted }: ListOptions<Page>, after: Cursor): Promise<Page> {
  for (;;) {
    const limit = Math.min(size.limit, wanted?.() ?? Infinity);
    try {
      const page = await ask({ after, limit });
      size.grow(limit);
      return page;
    } catch (error) {
      if (isOwnFault(error) && size.shrink(limit, error)) continue;
      if (after !== undefined && (isGraphError(error, 'invalid') || isGraphError(error, 'missing'))) {
        throw new DeadCursor(error);
      }
      if (!size.shrink(limit, error)) throw error;
    }
  }
}
