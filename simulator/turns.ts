/**
 * Takes turns: one piece of heavy work for each turn of the event loop. A list of a hundred conversations takes
 * milliseconds to build; built back to back, many of them would make calls that arrive meanwhile look late, and two
 * of them look closer together than they were.
 */
export function createTurns(): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return last;
  };
}
