/**
 * `tidemark pages`: which Pages are mirrored. A token comes in through stdin only: an argument would stay in the
 * shell's history and show in the list of processes.
 */
import { Option } from 'commander';
import type { Command } from 'commander';
import type { ConnectAnswer, PageAnswer } from '../../api/pages.ts';
import type { Tidemark } from '../../api/tidemark.ts';
import { TidemarkError } from '../../core/errors.ts';
import { Secret } from '../../lib/secret.ts';
import type { ExitStatus, InputStream, CliContext } from '../context.ts';
import { parsePageRef } from '../page-ref.ts';
import { printJson, printLine, printLines } from '../print.ts';
import type { Registration } from '../registration.ts';
import { loadSettings, openSession, type SessionOptions } from '../session.ts';
import { renderTable } from '../table.ts';
import { toAgo, toCount } from '../words.ts';

interface JsonFlag {
  readonly json?: true;
}

interface AddFlags extends JsonFlag {
  readonly tokenStdin?: true;
  readonly token?: string | true;
}

/** What a subcommand did: as JSON, in lines, and whether it worked. */
interface Report {
  readonly document: object;
  readonly lines: readonly string[];
  readonly status: ExitStatus;
}

export function addPagesCommand({ program, context, end }: Registration): void {
  const pages = program.command('pages').description('Lists, connects, removes, pauses and resumes Pages.');
  const change = (name: string, what: string): Command =>
    pages
      .command(name)
      .description(what)
      .argument('<page>', 'its uuid or its Facebook Page id')
      .option('--json', JSON_HELP);
  const perform = async (
    flags: JsonFlag,
    work: (tidemark: Tidemark) => Promise<Report>,
    { looksOnly = true }: Pick<SessionOptions, 'looksOnly'> = {},
  ): Promise<void> => {
    await using session = await openSession(context, loadSettings(context), { looksOnly });
    const report = await work(session.tidemark);
    if (flags.json) printJson(context, { success: report.status === 0, ...report.document });
    else printLines(context, report.lines);
    end(report.status);
  };

  pages
    .command('list')
    .description('Lists the connected Pages.')
    .option('--json', JSON_HELP)
    .action((flags: JsonFlag) => perform(flags, (tidemark) => listPages(tidemark, context.now())));

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
      await perform(flags, (tidemark) => connectPages(tidemark, token), { looksOnly: false });
    });

  change('remove', 'Removes a Page with everything mirrored of it.').action((page: string, flags: JsonFlag) => {
    const ref = parsePageRef(page);
    return perform(flags, async (tidemark) => {
      const found = await tidemark.pages.find(ref);
      await tidemark.pages.remove(found.id);
      return {
        document: { page: found },
        lines: [`Removed ${nameOf(found)} and everything mirrored of it.`],
        status: 0,
      };
    });
  });

  for (const [name, isActive, what, said] of [
    ['pause', false, 'Leaves a Page out when all Pages are synced, until it is resumed.', 'Paused'],
    ['resume', true, 'Syncs a paused Page again.', 'Resumed'],
  ] as const) {
    change(name, what).action((page: string, flags: JsonFlag) => {
      const ref = parsePageRef(page);
      return perform(flags, async (tidemark) => {
        const found = await tidemark.pages.find(ref);
        const changed = await tidemark.pages.setActive(found.id, isActive);
        return { document: { page: changed }, lines: [`${said} ${nameOf(changed)}.`], status: 0 };
      });
    });
  }
}

const JSON_HELP = 'print the answer as one JSON document';

async function listPages(tidemark: Tidemark, nowMs: number): Promise<Report> {
  const pages = await tidemark.pages.list();
  const lines =
    pages.length === 0
      ? ['No Page is connected yet. Connect some: `tidemark pages add --token-stdin < token.txt`.']
      : renderTable(
          ['Page', 'Facebook Page id', 'channels', 'status', 'last sync', 'id'].map((title) => ({ title })),
          pages.map((page) => [
            page.name ?? '',
            page.facebookPageId,
            page.channels.map(({ platform }) => platform).join(', '),
            describeStatus(page),
            toAgo(page.lastSyncedAt, nowMs),
            page.id,
          ]),
        );
  return { document: { pages }, lines, status: 0 };
}

function describeStatus(page: PageAnswer): string {
  const status = page.isActive ? page.status.replaceAll('_', ' ') : 'paused';
  return page.statusDetail === null ? status : `${status}: ${page.statusDetail}`;
}

async function connectPages(tidemark: Tidemark, token: Secret): Promise<Report> {
  const answer: ConnectAnswer = await tidemark.pages.connect(token);
  const lines = [
    ...answer.connected.map((page) => `Connected ${nameOf(page)}.`),
    ...answer.refused.map((page) => `Could not connect ${nameOf(page)}: ${page.reason}`),
    ...(answer.warnings ?? []),
    answer.connected.length === 0
      ? 'No Page was connected.'
      : `${toCount(answer.connected.length, 'Page')} connected; mirror them with \`tidemark sync\`.`,
  ];
  return { document: answer, lines, status: answer.connected.length === 0 ? 1 : 0 };
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
