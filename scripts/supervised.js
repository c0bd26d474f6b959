/**
 * The child's side of supervise.js: runs the script named on the command line as if it had been started directly,
 * and asks it to end when the supervisor has died without a word. Never leaves a server behind that nobody watches.
 */
import { pathToFileURL } from 'node:url';

process.argv.splice(1, 1);
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The channel is there for its end alone and must not keep a finished script alive.
process.channel?.unref();

await import(pathToFileURL(process.argv[1] ?? '').href);
