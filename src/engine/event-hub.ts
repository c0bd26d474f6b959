/** Everybody who is told of all that happens in the runs of this process. */
import type { EventSink } from '../core/events.ts';

export interface EventHub {
  readonly emit: EventSink;
  subscribe(sink: EventSink): void;
}

export function createEventHub(): EventHub {
  const sinks: EventSink[] = [];
  return {
    emit(event) {
      for (const sink of sinks) sink(event);
    },
    subscribe: (sink) => void sinks.push(sink),
  };
}
