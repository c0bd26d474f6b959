/** Surroundings for a command in a test: streams that remember, signals on demand, and fakes of the other rooms. */
import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { must } from '../../../src/lib/must.ts';
import type { ExitStatus, OutputStream, Outside, SimulatorOptions } from '../../../src/cli/outside.ts';
import { run } from '../../../src/cli/run.ts';
import { createFakeTidemark } from './fake-tidemark.ts';
import type { FakeTidemark, FakeTidemarkOptions, FakeWorld } from './fake-tidemark.ts';

export interface FakeOptions extends Partial<Omit<FakeTidemarkOptions, 'world' | 'settings' | 'options'>> {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** What a terminal shows on stderr is for bars, so a test may want one. */
  readonly terminal?: boolean;
  readonly world?: FakeWorld;
  readonly overrides?: Partial<Outside>;
}

export interface Fake {
  readonly outside: Outside;
  readonly signals: EventEmitter;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly tidemark: () => FakeTidemark;
  /** What was opened and closed, in order. */
  readonly happened: readonly string[];
  run(...args: readonly string[]): Promise<ExitStatus>;
}

const NOW = Date.UTC(2026, 0, 2, 3, 7, 5);

export function createFake(options: FakeOptions = {}): Fake {
  const world = options.world ?? { pages: new Map() };
  const signals = new EventEmitter();
  const stdout = remember(false);
  const stderr = remember(options.terminal ?? false);
  const happened: string[] = [];
  const note = (what: string): void => {
    happened.push(what);
  };
  let tidemark: FakeTidemark | undefined;

  const stdin = new PassThrough();
  stdin.end(options.stdin ?? '');

  const outside: Outside = {
    env: options.env ?? {},
    // Nothing is there to be read, and nothing must be written.
    cwd: '/no/such/folder',
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    signals,
    exitNow: (status) => note(`exit ${status}`),
    now: () => NOW,
    openTidemark: async (settings, engineOptions) => {
      note('open tidemark');
      const opened = createFakeTidemark({ ...options, world, settings, options: engineOptions });
      tidemark = opened;
      const close = async (): Promise<void> => {
        note('close tidemark');
        await opened.close();
      };
      return { ...opened, close, [Symbol.asyncDispose]: close };
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
    renderMigrations: async () => 'CREATE TABLE facebook_pages ();\n',
    ...options.overrides,
  };
  return {
    outside,
    signals,
    stdout: stdout.text,
    stderr: stderr.text,
    tidemark: () => must(tidemark, 'the command has opened it'),
    happened,
    run: (...args) => run(args, outside, '1.2.3'),
  };
}

/** A world of so many Pages with so many conversations of three messages each. */
export function populate(
  world: FakeWorld,
  { pages, conversations }: Pick<SimulatorOptions, 'pages' | 'conversations'>,
): FakeWorld {
  for (let page = 1; page <= pages; page += 1) {
    const made = Array.from({ length: conversations }, (_, index) => {
      const id = `t_${page}_${index}`;
      return { id, messageIds: [1, 2, 3].map((message) => `m_${page}_${index}_${message}`) };
    });
    world.pages.set(String(page), { name: `Page ${page}`, conversations: made });
  }
  return world;
}

function write(world: FakeWorld, id: string, activity: { newMessages: number; newConversations: number }): void {
  const { conversations } = must(world.pages.get(id), 'a Page of the world');
  for (let index = 0; index < activity.newMessages; index += 1) {
    const old = must(conversations[index], 'nobody writes twice');
    conversations[index] = { ...old, messageIds: [...old.messageIds, `n_${old.id}`] };
  }
  for (let index = 0; index < activity.newConversations; index += 1) {
    conversations.push({ id: `new_${id}_${index}`, messageIds: [`n_${id}_${index}`] });
  }
}

function remember(isTTY: boolean): { readonly stream: OutputStream; readonly text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  return { stream: Object.assign(stream, isTTY ? { isTTY, columns: 120 } : {}), text: () => chunks.join('') };
}
