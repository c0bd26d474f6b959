/** Surroundings for a command in a test: streams that remember, signals on demand, and fakes of the other rooms. */
import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import type { PageAnswer } from '../../../src/api/pages.ts';
import type { VerifyAnswer, VerifyFailure } from '../../../src/api/verify.ts';
import type { CliContext, ExitStatus, OutputStream } from '../../../src/cli/context.ts';
import { run } from '../../../src/cli/run.ts';
import type { EngineSettings } from '../../../src/engine/create-tidemark.ts';
import { must } from '../../../src/lib/must.ts';
import { Secret } from '../../../src/lib/secret.ts';
import { createFakeTidemark, type FakeTidemark, type FakeTidemarkOptions } from '../fake-tidemark.ts';
import { createMirroredWorld, type FakeWorld, populate, write } from './fake-world.ts';

export interface FakeOptions extends Pick<
  FakeTidemarkOptions,
  'rows' | 'runs' | 'onWork' | 'onRead' | 'onSynced' | 'onStart'
> {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Whether a person types it. */
  readonly typed?: true;
  /** Both streams are a terminal, which is so many columns wide: 120 by default. */
  readonly terminal?: boolean;
  readonly columns?: number;
  readonly world?: FakeWorld;
  /** Facebook ids of the Pages that are connected from the start. */
  readonly connected?: readonly string[];
  /** What verifying the Pages with these Facebook ids finds, or why it fails. */
  readonly verifies?: Readonly<Record<string, Partial<VerifyAnswer> | Pick<VerifyFailure, 'error' | 'code'>>>;
  /** Whether the mirror holds the world from the start. */
  readonly held?: boolean;
  /** What is otherwise with connected Pages, by Facebook id. */
  readonly pageFields?: Readonly<Record<string, Partial<PageAnswer>>>;
  /** Lets the mirror lose this message. */
  readonly lostMessage?: string;
  readonly overrides?: Partial<CliContext>;
}

export interface Fake {
  readonly context: CliContext;
  readonly signals: EventEmitter;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** The settings that Tidemark was opened with. */
  readonly settings: () => EngineSettings;
  /** What Tidemark was asked to do, as text; reading does not count. */
  readonly calls: () => readonly string[];
  /** What was opened and closed, in order. */
  readonly happened: readonly string[];
  run(...args: readonly string[]): Promise<ExitStatus>;
}

const READS = new Set(['conversations.list', 'conversations.messages', 'runs.list']);
const NOW = Date.UTC(2026, 0, 2, 3, 7, 5);

export function createFake(options: FakeOptions = {}): Fake {
  const world = options.world ?? { pages: new Map() };
  const signals = new EventEmitter();
  const { terminal = false, columns = 120 } = options;
  const stdout = remember(terminal ? columns : undefined);
  const stderr = remember(terminal ? columns : undefined);
  const happened: string[] = [];
  const note = (what: string): void => {
    happened.push(what);
  };
  const { rows = {}, runs = [], onWork, onRead, onSynced, onStart } = options;
  let opened: { readonly tidemark: FakeTidemark; readonly settings: EngineSettings } | undefined;

  const stdin = new PassThrough();
  stdin.end(options.stdin ?? '');
  if (options.typed) Object.assign(stdin, { isTTY: true });

  const context: CliContext = {
    env: options.env ?? {},
    // Nothing is there to be read, and nothing must be written.
    cwd: '/no/such/folder',
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    signals,
    exitNow: (status) => note(`exit ${status}`),
    now: () => NOW,
    openTidemark: async (settings, { onEvent } = {}) => {
      note('open tidemark');
      const embeddedDatabaseUrl =
        settings.databaseUrl === undefined ? 'postgresql://postgres:local@127.0.0.1:5/tidemark' : undefined;
      const mirrored = createMirroredWorld(world, options);
      const tidemark = createFakeTidemark(
        {},
        { ...mirrored, rows, runs, embeddedDatabaseUrl, onEvent, onWork, onRead, onSynced, onStart },
      );
      opened = { tidemark, settings };
      let closed: Promise<void> | undefined;
      const close = (): Promise<void> => {
        if (closed === undefined) note('close tidemark');
        return (closed ??= tidemark.close());
      };
      return { ...tidemark, close, [Symbol.asyncDispose]: close };
    },
    startServer: async ({ host, port }) => {
      note(`open server ${host}:${port}`);
      return { url: `http://${host}:${port}`, close: async () => note('close server') };
    },
    startSimulator: async (simulatorOptions) => {
      note(`open simulator ${JSON.stringify(simulatorOptions)}`);
      populate(world, simulatorOptions);
      return {
        url: 'http://127.0.0.1:4681',
        userToken: 'user-token',
        pages: [...world.pages].map(([id, { name }]) => ({ id, name, token: `token-${id}` })),
        activity: (id, activity) => write(world, id, activity),
        conversationsOf: (id) => must(world.pages.get(id), 'a Page of the world').conversations,
        close: async () => note('close simulator'),
      };
    },
    migrateDatabase: async () => ({ applied: ['0001_pages'], version: 1 }),
    checkMigration: async () => ({
      schema: 'public',
      version: 0,
      newestVersion: 1,
      changes: [],
      obstacles: [],
      notices: [],
    }),
    renderMigrations: async () => 'CREATE TABLE facebook_pages ();\n',
    ...options.overrides,
  };
  return {
    context,
    signals,
    stdout: stdout.text,
    stderr: stderr.text,
    settings: () => must(opened, 'the command has opened it').settings,
    calls: () =>
      must(opened, 'the command has opened it')
        .tidemark.asked.filter(({ method }) => !READS.has(method))
        .map(({ method, given }) => (given === undefined ? method : `${method} ${toText(given)}`)),
    happened,
    run: (...args) => run(args, context, '1.2.3'),
  };
}

function toText(given: unknown): string {
  if (given instanceof Secret) return given.reveal();
  return typeof given === 'string' ? given : JSON.stringify(given);
}

function remember(columns: number | undefined): { readonly stream: OutputStream; readonly text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  return {
    stream: Object.assign(stream, columns === undefined ? {} : { isTTY: true, columns }),
    text: () => chunks.join(''),
  };
}
