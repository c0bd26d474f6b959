/** Everybody who is told of all that happens in the runs of this process. */
import type { EngineEventSink } from '../core/events.ts';

export interface EventHub {
  readonly emit: EngineEventSink;
  /** One that throws is told no more, and a warning of the process says so: a run is not to fail by who watches it. */
  subscribe(sink: EngineEventSink): void;
}

export function createEventHub(): EventHub {
  const sinks = new Set<EngineEventSink>();
  return {
    emit(event) {
      for (const sink of sinks) {
        try {
          sink(event);
        } catch (error) {
          sinks.delete(sink);
          const reason = error instanceof Error ? error.message : String(error);
          process.emitWarning(`A listener of all events threw, and is told no more: ${reason}`, 'TidemarkWarning');
        }
      }
    },
    subscribe: (sink) => void sinks.add(sink),
  };
}
