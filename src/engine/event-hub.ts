/** Everybody who is told of all that happens in the runs of this process. */
import type { EngineEventSink } from '../core/events.ts';

export interface EventHub {
  readonly emit: EngineEventSink;
  subscribe(sink: EngineEventSink): void;
}

export function createEventHub(): EventHub {
  const sinks: EngineEventSink[] = [];
  return {
    emit(event) {
      for (const sink of sinks) sink(event);
    },
    subscribe: (sink) => void sinks.push(sink),
  };
}
