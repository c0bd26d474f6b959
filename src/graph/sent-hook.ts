/**
 * Tells when a request really leaves: connecting and a busy process may hold it back for longer than the rate limiter
 * can bear, for Facebook counts calls by when they reach it.
 */
import { DecoratorHandler, type Dispatcher } from 'undici';

interface StartHook {
  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void;
}

// undici's own types leave the hooks of its handler out.
const Handler = DecoratorHandler as new (handler: Dispatcher.DispatchHandler) => StartHook;

/** The same dispatcher; `onSent` is called with the connection in hand, right before a request is written to it. */
export function withSentHook(pool: Dispatcher, onSent: () => void): Dispatcher {
  class SentHandler extends Handler {
    override onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
      onSent();
      super.onRequestStart(controller, context);
    }
  }
  return pool.compose((dispatch) => (options, handler) => dispatch(options, new SentHandler(handler)));
}
