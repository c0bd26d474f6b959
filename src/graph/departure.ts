/**
 * Tells when a request really leaves: connecting and a busy process may hold it back for longer than the call budget
 * can bear, which counts calls by when they reach Facebook.
 */
import { DecoratorHandler, type Dispatcher } from 'undici';

interface StartHook {
  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void;
}

// undici's own types leave the hooks of its handler out.
const Handler = DecoratorHandler as new (handler: Dispatcher.DispatchHandler) => StartHook;

/** The same dispatcher; `departed` is called with the connection in hand, right before a request is written to it. */
export function withDeparture(pool: Dispatcher, departed: () => void): Dispatcher {
  class DepartureHandler extends Handler {
    override onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
      departed();
      super.onRequestStart(controller, context);
    }
  }
  return pool.compose((dispatch) => (options, handler) => dispatch(options, new DepartureHandler(handler)));
}
