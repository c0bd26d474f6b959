/** Shows how far the benchmark is: a bar on a terminal, a line for each scenario elsewhere. */
import cliProgress from 'cli-progress';

export interface Progress extends Disposable {
  begin(title: string): void;
  note(text: string): void;
  end(): void;
}

export function showProgress(stream: NodeJS.WriteStream, scenarios: number): Progress {
  return stream.isTTY ? drawBar(stream, scenarios) : writeLines(stream);
}

function drawBar(stream: NodeJS.WriteStream, scenarios: number): Progress {
  const bar = new cliProgress.SingleBar({
    stream,
    format: '  {bar}  {value}/{total}  {duration_formatted}  {title}  {note}',
    barsize: 24,
    barCompleteChar: '━',
    barIncompleteChar: '─',
    hideCursor: true,
    gracefulExit: true,
    clearOnComplete: true,
  });
  bar.start(scenarios, 0, { title: '', note: '' });
  const tick = setInterval(() => bar.updateETA(), 1000);
  return {
    begin: (title) => bar.update({ title, note: '' }),
    note: (note) => bar.update({ note: `· ${note}` }),
    end: () => bar.increment(),
    [Symbol.dispose]() {
      clearInterval(tick);
      bar.stop();
    },
  };
}

function writeLines(stream: NodeJS.WriteStream): Progress {
  return {
    begin: (title) => stream.write(`${title}\n`),
    note: (text) => stream.write(`  ${text}\n`),
    end: () => {},
    [Symbol.dispose]: () => {},
  };
}
