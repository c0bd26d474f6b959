/**
 * Who is next: callers in the order they came, and before them those with high priority. Nobody is next while one who
 * was admitted has not left.
 */
export type Priority = 'high' | 'normal';

export interface Ticket {
  readonly isNext: boolean;
  /** Resolves when it is this one's turn. It may be another's again by the time that is used: see `isNext`. */
  untilNext(): Promise<void>;
  /** Is admitted: everybody else waits until this ticket leaves. */
  admit(): void;
  leave(): void;
}

export interface PriorityQueue {
  join(priority: Priority): Ticket;
}

export function createPriorityQueue(): PriorityQueue {
  const waiting: Readonly<Record<Priority, Ticket[]>> = { high: [], normal: [] };
  let admitted: Ticket | undefined;
  let moved = Promise.withResolvers<void>();

  const tellAll = () => {
    moved.resolve();
    moved = Promise.withResolvers();
  };

  return {
    join(priority) {
      const lane = waiting[priority];
      const ticket: Ticket = {
        get isNext() {
          return admitted === undefined && (waiting.high[0] ?? waiting.normal[0]) === ticket;
        },
        async untilNext() {
          while (!ticket.isNext) await moved.promise;
        },
        admit() {
          admitted = ticket;
        },
        leave() {
          if (!lane.includes(ticket)) return;
          lane.splice(lane.indexOf(ticket), 1);
          if (admitted === ticket) admitted = undefined;
          tellAll();
        },
      };
      lane.push(ticket);
      return ticket;
    },
  };
}
