/**
 * Shows several runs going on side by side: bars that move on a terminal, a line now and then elsewhere. It only
 * watches events; how a run goes never depends on it.
 */
import cliProgress from 'cli-progress';
import type { EventSink, SyncEvent } from '../core/events.ts';
import type { Platform } from '../core/model.ts';
import { columnsOf } from '../lib/columns.ts';
import { toVisible } from '../lib/visible.ts';
import type { OutputStream } from './context.ts';
import { paintFor } from './paint.ts';
import { printLine } from './print.ts';
import { renderProgressLine } from './progress-line.ts';
import { advance, combine, NOTHING_DONE, type ProgressState, totalOf } from './progress-state.ts';
import { toCount, toFigure } from './words.ts';

export interface Progress extends Disposable {
  readonly onEvent: EventSink;
  /** Writes a whole line without tearing the bars. */
  write(line: string): void;
}

export interface ShownPage {
  readonly id: string;
  readonly name: string;
  readonly platforms: readonly Platform[];
}

export interface ProgressOptions {
  readonly stream: OutputStream;
  /** The Pages that are going to be at work, in the order in which they are shown. */
  readonly pages: readonly ShownPage[];
  /** Conversations that each Page is known to have; 0 when that is for the survey to find out. */
  readonly expected: number;
  /** Stands above those Pages that turn out to be at work; the others are not shown. Default: all are, from the start. */
  readonly title?: string | undefined;
}

/** What is shown of one channel. */
interface Shown {
  readonly name: string;
  readonly before: ProgressState | undefined;
  readonly now: ProgressState;
}

interface Drawing {
  readonly draw: (key: string, shown: Shown) => void;
  readonly write: (line: string) => void;
  readonly stop: () => void;
}

/** Disposing it leaves what is shown on the screen and gives the cursor back. */
export function showProgress(options: ProgressOptions): Progress {
  const { draw, write, stop } = options.stream.isTTY ? drawBars(options) : drawLines(options);
  const names = new Map(options.pages.flatMap(toChannels));
  const states = new Map<string, ProgressState>();
  return {
    onEvent(event) {
      const key = keyOf(event.page.id, event.platform);
      const before = states.get(key);
      const now = advance(before ?? NOTHING_DONE, event);
      states.set(key, now);
      draw(key, { name: names.get(key) ?? nameOf(event), before, now });
    },
    write,
    [Symbol.dispose]: stop,
  };
}

function keyOf(pageId: string, platform: Platform): string {
  return `${pageId} ${platform}`;
}

function nameOf({ page, platform }: SyncEvent): string {
  return nameChannel(page.name ?? page.facebookPageId, platform);
}

/** Messenger goes without saying. What tells the other apart stands first, where nothing is cut off. */
function nameChannel(name: string, platform: Platform): string {
  return `${platform === 'instagram' ? 'IG ' : ''}${toVisible(name)}`;
}

function toChannels({ id, name, platforms }: ShownPage): readonly (readonly [string, string])[] {
  return platforms.map((platform) => [keyOf(id, platform), nameChannel(name, platform)]);
}

/** What stays free on the screen beside the bars, so that they can be drawn again in their place. */
const FREE_ROWS = 3;
const USUAL_ROWS = 24;

function drawBars(options: ProgressOptions): Drawing {
  const channels = options.pages.flatMap(toChannels);
  const { rows = USUAL_ROWS } = options.stream;
  return channels.length > rows - FREE_ROWS ? drawOneBar(options, channels.length) : drawBarEach(options, channels);
}

function drawBarEach(options: ProgressOptions, channels: readonly (readonly [string, string])[]): Drawing {
  const { create, bars } = openBars(options);
  const first = options.title === undefined ? channels : [];
  const nameWidth = Math.max(0, ...channels.map(([, name]) => columnsOf(name)));
  const add = (name: string) => create({ name, nameWidth: Math.max(nameWidth, columnsOf(name)), state: NOTHING_DONE });
  const barOf = new Map(first.map(([key, name]) => [key, add(name)]));
  return {
    draw(key, { name, now }) {
      const bar = barOf.get(key) ?? add(name);
      barOf.set(key, bar);
      bar.update({ state: now });
    },
    ...bars,
  };
}

/** More Pages than the screen has lines. */
function drawOneBar(options: ProgressOptions, channels: number): Drawing {
  const name = options.title === undefined ? `All ${toFigure(channels)}` : 'All';
  const { create, bars } = openBars({ ...options, expected: options.expected * channels });
  const states = new Map<string, ProgressState>();
  const add = () => create({ name, nameWidth: name.length, state: NOTHING_DONE });
  let bar = options.title === undefined ? add() : undefined;
  return {
    draw(key, { now }) {
      states.set(key, now);
      const open = options.title === undefined ? channels - states.size : 0;
      const unknown = Array.from({ length: Math.max(0, open) }, () => NOTHING_DONE);
      bar ??= add();
      bar.update({ state: combine([...states.values(), ...unknown]) });
    },
    ...bars,
  };
}

interface BarPayload {
  readonly name: string;
  readonly nameWidth: number;
  readonly state: ProgressState;
}

function openBars({ stream, expected, title }: ProgressOptions) {
  const paint = paintFor(stream);
  let isBegun = false;
  const bars = new cliProgress.MultiBar({
    stream,
    format: (_options, _params, payload: BarPayload) =>
      renderProgressLine({ ...payload, expected, columns: stream.columns ?? 80, paint }),
    hideCursor: true,
    gracefulExit: true,
  });
  return {
    create(payload: BarPayload) {
      if (title !== undefined && !isBegun) printLine(stream, title);
      isBegun = true;
      const bar = bars.create(1, 0, payload);
      return { update: (changes: Partial<BarPayload>) => bar.update(changes) };
    },
    bars: {
      write: (line: string) => bars.log(line),
      stop() {
        if (!isBegun) return;
        bars.update();
        bars.stop();
      },
    },
  };
}

function drawLines({ stream, expected }: ProgressOptions): Drawing {
  return {
    draw(_key, { name, before, now }) {
      const isNews =
        before === undefined || now.ending !== before.ending || quarterOf(now, expected) > quarterOf(before, expected);
      if (!isNews) return;
      const parts = before === undefined ? ['begins'] : describeCounts(now, expected);
      printLine(stream, `  ${name}: ${[...parts, ...(now.ending === undefined ? [] : [now.ending])].join(', ')}`);
    },
    write: (line) => stream.write(line),
    stop: () => undefined,
  };
}

function describeCounts(state: ProgressState, expected: number): readonly string[] {
  const { eventsCreated, graphCalls } = state.counts;
  const total = totalOf(state, expected);
  return [
    `${toFigure(state.done)} of ${toCount(total, 'conversation')}`,
    toCount(eventsCreated, 'message'),
    toCount(graphCalls, 'call'),
  ];
}

/** How many quarters are done: a line for each is enough to see that it moves, and the last one comes with the end. */
function quarterOf(state: ProgressState, expected: number): number {
  return Math.min(3, Math.floor((4 * state.done) / Math.max(totalOf(state, expected), 1)));
}
