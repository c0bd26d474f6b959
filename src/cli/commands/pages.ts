/**
 * `tidemark pages`: which Pages are mirrored. A token comes in through stdin only: an argument would stay in the
 * shell's history and show in the list of processes.
 */
import { Option } from 'commander';
import type { Command } from 'commander';
import type { ConnectAnswer, PageAnswer } from '../../api/pages.ts';
import type { Tidemark } from '../../api/tidemark.ts';
import { TidemarkError } from '../../core/errors.ts';
import type { PageRef } from '../../core/model.ts';
import { Secret } from '../../lib/secret.ts';
import type { CliContext, InputStream } from '../context.ts';
import { confirm } from '../confirm.ts';
import { parsePageRef } from '../page-ref.ts';
import { JSON_HELP, type JsonFlag, perform, type Report } from '../perform.ts';
import { printLine } from '../print.ts';
import type { Registration } from '../registration.ts';
import { renderTable } from '../table.ts';
import { describeTroubles, type Trouble } from '../troubles.ts';
import { toAgo, toCount } from '../words.ts';

interface AddFlags extends JsonFlag {
  readonly tokenStdin?: true;
  readonly token?: string | true;
}

interface RemoveFlags extends JsonFlag {
  readonly yes?: true;
}

export function addPagesCommand({ program, context, end }: Registration): void {
  const pages = program.command('pages').description('Lists, connects, removes, pauses and resumes Pages.');
  const change = (name: string, what: string): Command =>
    pages
      .command(name)
      .description(what)
      .argument('<page>', 'its uuid or its Facebook Page id')
      .option('--json', JSON_HELP);

  pages
    .command('list')
    .description('Lists the connected Pages.')
    .option('--json', JSON_HELP)
    .action(async (flags: JsonFlag) => end(await perform(context, flags, (tidemark) => listPages(tidemark, context))));

  pages
    .command('add')
    .description(
      'Connects Pages with a token read from stdin: a user token adds every Page it can message as, a Page token that Page.',
    )
    .option('--token-stdin', 'read the token from stdin')
    .addOption(new Option('--token [token]').hideHelp())
    .option('--json', JSON_HELP)
    .allowExcessArguments()
    .action(async (flags: AddFlags, command: Command) => {
      refuseTokenArgument(flags, command.args);
      const token = await readToken(context);
      const adding = { json: flags.json, makesTables: true };
      end(await perform(context, adding, (tidemark) => connectPages(tidemark, token)));
    });

  change('remove', 'Removes a Page with everything mirrored of it. Asks first.')
    .option('--yes', 'do not ask')
    .action(async (page: string, flags: RemoveFlags) => {
      const ref = parsePageRef(page);
      end(await perform(context, flags, (tidemark) => removePage(context, tidemark, { ref, yes: flags.yes })));
    });

  for (const [name, isActive, what, said] of [
    ['pause', false, 'Leaves a Page out when all Pages are synced, until it is resumed.', 'Paused'],
    ['resume', true, 'Syncs a paused Page again.', 'Resumed'],
  ] as const) {
    change(name, what).action(async (page: string, flags: JsonFlag) => {
      const ref = parsePageRef(page);
      const report = async (tidemark: Tidemark): Promise<Report> => {
        const found = await tidemark.pages.find(ref);
        const changed = await tidemark.pages.setActive(found.id, isActive);
        return { document: { page: changed }, lines: [`${said} ${nameOf(changed)}.`], status: 0 };
      };
      end(await perform(context, flags, report));
    });
  }
}

async function listPages(tidemark: Tidemark, { now, stdout }: CliContext): Promise<Report> {
  const pages = await tidemark.pages.list();
  const lines =
    pages.length === 0
      ? ['No Page is connected yet. Connect some: `tidemark pages add --token-stdin < token.txt`.']
      : describePages(pages, { nowMs: now(), columns: stdout.columns });
  return { document: { pages }, lines, status: 0 };
}

function describePages(
  pages: readonly PageAnswer[],
  { nowMs, columns }: { readonly nowMs: number; readonly columns: number | undefined },
): readonly string[] {
  const table = renderTable(
    [
      { title: 'Page' },
      { title: 'Facebook Page id', whole: true },
      { title: 'channels', omit: 1 },
      { title: 'status' },
      { title: 'last sync' },
      { title: 'id', whole: true, omit: 2 },
    ],
    pages.map((page) => [
      page.name ?? '',
      page.facebookPageId,
      page.channels.map(({ platform }) => platform).join(', '),
      page.isActive ? inWords(page.status) : 'paused',
      toAgo(page.lastSyncedAt, nowMs),
      page.id,
    ]),
    { columns },
  );
  const troubles = describeTroubles(pages.flatMap(toTroubles));
  return troubles.length === 0 ? table : [...table, '', ...troubles];
}

/** What the status column is too small for. */
function toTroubles({ name, facebookPageId, status, statusDetail }: PageAnswer): readonly Trouble[] {
  if (statusDetail === null) return [];
  const code = status in CODES ? CODES[status as keyof typeof CODES] : undefined;
  return [{ page: name ?? facebookPageId, what: `is ${inWords(status)}`, message: statusDetail, code }];
}

/** What to do about a status is what to do about the error that led to it. */
const CODES = {
  token_expired: 'TOKEN_EXPIRED',
  permission_missing: 'PERMISSION_MISSING',
  throttled: 'THROTTLED',
} as const;

function inWords(status: PageAnswer['status']): string {
  return status.replaceAll('_', ' ');
}

async function connectPages(tidemark: Tidemark, token: Secret): Promise<Report> {
  const answer: ConnectAnswer = await tidemark.pages.connect(token);
  const refused = answer.refused.map((page) => ({
    page: nameOf(page),
    what: 'could not be connected',
    message: page.reason,
    code: undefined,
  }));
  const lines = [
    ...answer.connected.map((page) => `Connected ${nameOf(page)}.`),
    ...describeTroubles(refused),
    ...(answer.exchanged ? ['The token lived only shortly and was exchanged for one that lasts.'] : []),
    ...(answer.warnings ?? []),
    answer.connected.length === 0
      ? 'No Page was connected.'
      : `${toCount(answer.connected.length, 'Page')} connected; mirror them with \`tidemark sync\`.`,
  ];
  return { document: answer, lines, status: answer.connected.length === 0 ? 1 : 0 };
}

async function removePage(
  context: CliContext,
  tidemark: Tidemark,
  { ref, yes }: { readonly ref: PageRef; readonly yes: true | undefined },
): Promise<Report> {
  const page = await tidemark.pages.find(ref);
  const holdings = await tidemark.pages.holdings(page.id);
  const what = `${toCount(holdings.conversations, 'conversation')} and ${toCount(holdings.messages, 'message')}`;
  if (holdings.conversations > 0 && !yes) {
    const isMeant = await confirm(
      context,
      `removes ${nameOf(page)} with ${what}; what Facebook no longer has cannot be brought back`,
    );
    if (!isMeant) return { document: { removed: false, page }, lines: ['Nothing was removed.'], status: 1 };
  }
  await tidemark.pages.remove(page.id);
  return {
    document: { page, ...holdings },
    lines: [`Removed ${nameOf(page)} and everything mirrored of it${holdings.conversations > 0 ? `: ${what}` : ''}.`],
    status: 0,
  };
}

function refuseTokenArgument(flags: AddFlags, args: readonly string[]): void {
  if (args.length > 0 || flags.token !== undefined) {
    throw new TidemarkError(
      'USAGE',
      'A token is not taken as an argument: it would stay in the shell history and show in the list of processes. ' +
        'Pipe it in: `tidemark pages add --token-stdin < token.txt`. If the token is real, clear it from the history.',
    );
  }
  if (!flags.tokenStdin) {
    throw new TidemarkError('USAGE', 'Say where the token comes from: `tidemark pages add --token-stdin < token.txt`.');
  }
}

async function readToken({ stdin, stderr }: Pick<CliContext, 'stdin' | 'stderr'>): Promise<Secret> {
  if (stdin.isTTY) printLine(stderr, 'Paste the token, then Enter and Ctrl-D:');
  const text = await readAll(stdin);
  if (text === '') throw new TidemarkError('USAGE', 'Nothing came through stdin where the token was expected.');
  if (/\s/.test(text))
    throw new TidemarkError('USAGE', 'What came through stdin is more than one word, so it is no token.');
  return new Secret(text);
}

async function readAll(stdin: InputStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Buffer | string));
  return Buffer.concat(chunks).toString('utf8').trim();
}

function nameOf(page: { readonly name: string | null; readonly facebookPageId: string | null }): string {
  const id = page.facebookPageId ?? 'a Page without id';
  return page.name === null ? id : `${page.name} (${id})`;
}
