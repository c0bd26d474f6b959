/**
 * Finds out which Pages an access token opens: all of a person's Pages for a user token, the one Page for a Page
 * token. A Page that cannot be synced is named with its reason, never left out.
 */
import { GraphError, isGraphError, TidemarkError } from '../core/errors.ts';
import { listPages } from '../core/list-pages.ts';
import type { JsonObject, JsonValue } from '../core/model.ts';
import { createPageSize } from '../core/page-size.ts';
import { Secret } from '../lib/secret.ts';
import type { GraphRequest, GraphResponse, Send } from './call.ts';
import { parseList } from './paging.ts';
import { isObject, type Maybe, toId, toName } from './shapes.ts';

export interface DiscoveredPage {
  readonly facebookPageId: string;
  readonly name: string | undefined;
  readonly token: Secret;
  /** What the person may do for the Page; undefined when Facebook does not say. */
  readonly tasks: readonly string[] | undefined;
  readonly instagramAccountId: string | undefined;
}

export interface UnusablePage {
  /** Undefined when Facebook's entry has no id. */
  readonly facebookPageId: string | undefined;
  readonly name: string | undefined;
  readonly reason: string;
}

export interface DiscoveredPages {
  readonly kind: 'user' | 'page';
  readonly connected: readonly DiscoveredPage[];
  readonly refused: readonly UnusablePage[];
  /** What the person should know although the Pages are connected, in sentences. */
  readonly warnings: readonly string[];
}

export interface DiscoverInput {
  /** Asks Facebook with the token; this takes a handful of calls. */
  readonly send: Send;
  /** A user token or a Page token. */
  readonly token: Secret;
  readonly signal?: AbortSignal | undefined;
}

const INSTAGRAM_FIELD = 'instagram_business_account';
const PAGES_PER_CALL = 100;
/**
 * Tasks that surely let nobody read messages. Whoever has any other one is in doubt allowed to: Facebook renames its
 * tasks now and then, and the first call tells.
 */
const MUTE_TASKS: ReadonlySet<string> = new Set(
  ['ANALYZE', 'ADVERTISE', 'CREATE_CONTENT'].flatMap((task) => [task, `PROFILE_PLUS_${task}`]),
);
const NO_PAGES =
  'Facebook lists no Page for this token. Ask for a new one with pages_show_list (and business_management, where the ' +
  'Pages belong to a business), choose the Pages in its dialog, and see that the person has a role on them.';

/** Throws TOKEN_INVALID for what cannot be a token, before anybody is asked. */
export function requireTokenForm(token: Secret): void {
  if (/^[\x21-\x7e]+$/u.test(token.reveal())) return;
  throw new TidemarkError('TOKEN_INVALID', 'The access token is empty or holds characters that no token has.');
}

/** Rejects with TOKEN_INVALID when Facebook does not accept the token, else with the GraphError of what went wrong. */
export async function discoverPages(input: DiscoverInput): Promise<DiscoveredPages> {
  requireTokenForm(input.token);
  try {
    return (await discoverAsUser(input)) ?? (await discoverAsPage(input));
  } catch (error) {
    if (!isGraphError(error, 'token')) throw error;
    throw new TidemarkError('TOKEN_INVALID', error.message, { cause: error });
  }
}

/** Every Page of a person; undefined when the token has no such list, because it is a Page's. */
async function discoverAsUser({ send, signal }: DiscoverInput): Promise<DiscoveredPages | undefined> {
  const subject = 'the Pages of the access token';
  const connected = new Map<string, DiscoveredPage>();
  const refused: UnusablePage[] = [];
  const warnings = new Set<string>();
  const pages = listPages({
    from: undefined,
    size: createPageSize({ limit: PAGES_PER_CALL, onFault: 'half' }),
    subject,
    async ask({ after, limit }) {
      const { body, warning } = await getWithInstagram(send, {
        kind: 'accounts',
        path: ['me', 'accounts'],
        params: { fields: 'id,name,access_token,tasks' },
        list: { limit, after },
        subject,
        signal,
      });
      if (warning !== undefined) warnings.add(warning);
      // A Page's token opens something else there, or nothing.
      if (after === undefined && !isList(body)) throw new GraphError('GRAPH_ERROR', 'No list.', { kind: 'missing' });
      const list = parseList({ body, sentAfter: after, subject });
      const items = list.items.map((entry) => ({ entry, id: isObject(entry) ? toId(entry['id']) : undefined }));
      return { items, after: list.after };
    },
  });
  let hasList = false;
  try {
    for await (const { items } of pages) {
      hasList = true;
      for (const { entry } of items) {
        const page = readAccount(entry);
        if ('reason' in page) refused.push(page);
        else connected.set(page.facebookPageId, page);
      }
    }
  } catch (error) {
    if (hasList || !(isGraphError(error, 'invalid') || isGraphError(error, 'missing'))) throw error;
    return undefined;
  }
  if (connected.size === 0 && refused.length === 0) warnings.add(NO_PAGES);
  return { kind: 'user', connected: [...connected.values()], refused, warnings: [...warnings] };
}

async function discoverAsPage({ send, token, signal }: DiscoverInput): Promise<DiscoveredPages> {
  const subject = 'the Page of the access token';
  const { body, warning } = await getWithInstagram(send, {
    kind: 'page',
    path: ['me'],
    params: { fields: 'id,name' },
    subject,
    signal,
  });
  const facebookPageId = isObject(body) ? toId(body['id']) : undefined;
  if (!isObject(body) || facebookPageId === undefined) {
    throw new GraphError('GRAPH_ERROR', `Facebook's answer for ${subject} has no id.`, { kind: 'transient' });
  }
  const page: DiscoveredPage = {
    facebookPageId,
    name: toName(body['name']),
    token,
    tasks: undefined,
    instagramAccountId: toInstagramId(body),
  };
  return { kind: 'page', connected: [page], refused: [], warnings: warning === undefined ? [] : [warning] };
}

/** The Instagram account that a Page has now; `hidden` when Facebook does not show it to the token. One call. */
export async function fetchInstagramAccount(
  send: Send,
  facebookPageId: string,
): Promise<{ readonly id: string | undefined } | 'hidden'> {
  const subject = `the Instagram account of Page ${facebookPageId}`;
  try {
    const { body } = await send({
      kind: 'page',
      path: [facebookPageId],
      params: { fields: `id,${INSTAGRAM_FIELD}` },
      subject,
    });
    return isObject(body) && toId(body['id']) !== undefined ? { id: toInstagramId(body) } : 'hidden';
  } catch (error) {
    if (!isGraphError(error, 'permission') && !isGraphError(error, 'invalid')) throw error;
    return 'hidden';
  }
}

interface InstagramAnswer extends Pick<GraphResponse, 'body'> {
  /** Why the Instagram accounts are not in it. */
  readonly warning?: string;
}

/** The Instagram account needs a permission of its own, and one field that may not be read fails the whole call. */
async function getWithInstagram(send: Send, request: GraphRequest): Promise<InstagramAnswer> {
  const withInstagram = { ...request.params, fields: `${request.params['fields']},${INSTAGRAM_FIELD}` };
  try {
    return await send({ ...request, params: withInstagram });
  } catch (error) {
    if (!isGraphError(error, 'permission') && !isGraphError(error, 'invalid')) throw error;
    const { body } = await send(request);
    return {
      body,
      warning:
        `Facebook does not show which Instagram accounts belong to the Pages. ${error.message} ` +
        'To mirror Instagram, grant instagram_basic and instagram_manage_messages to the app and connect again.',
    };
  }
}

/** One entry of the list: a Page to connect, or why not. */
function readAccount(entry: JsonValue): DiscoveredPage | UnusablePage {
  if (!isObject(entry)) {
    return { facebookPageId: undefined, name: undefined, reason: 'Facebook lists it without any data.' };
  }
  const facebookPageId = toId(entry['id']);
  const name = toName(entry['name']);
  const token = toId(entry['access_token']);
  const tasks = toTasks(entry['tasks']);
  const refuse = (reason: string): UnusablePage => ({ facebookPageId, name, reason });

  if (facebookPageId === undefined) return refuse('Facebook lists it without an id.');
  if (tasks !== undefined && tasks.length > 0 && tasks.every((task) => MUTE_TASKS.has(task))) {
    return refuse(
      'The person behind the token lacks the MESSAGING task on this Page: have an admin of the Page grant it.',
    );
  }
  if (token === undefined) {
    return refuse('Facebook gives no access token for this Page: choose it when granting pages_messaging to the app.');
  }
  return { facebookPageId, name, token: new Secret(token), tasks, instagramAccountId: toInstagramId(entry) };
}

function toTasks(value: Maybe): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((task) => typeof task === 'string') : undefined;
}

function toInstagramId(page: JsonObject): string | undefined {
  const account = page[INSTAGRAM_FIELD];
  return isObject(account) ? toId(account['id']) : undefined;
}

function isList(body: GraphResponse['body']): boolean {
  return isObject(body) && Array.isArray(body['data']);
}
