/**
 * Who is next: callers in the order they came, and before them those whose call others wait for. Nobody is next while
 * one who was let in has not gone.
 */
export interface Place {
  readonly isNext: boolean;
  /** Resolves when it is this one's turn. It may be another's again by the time that is used: see `isNext`. */
  untilNext(): Promise<void>;
  /** Is let in: everybody else waits until this place is left. */
  enter(): void;
  leave(): void;
}

export interface Line {
  join(goesFirst: boolean): Place;
}

export function createLine(): Line {
  const first: Place[] = [];
  const others: Place[] = [];
  let inside: Place | undefined;
  let moved = Promise.withResolvers<void>();

  const tellAll = () => {
    moved.resolve();
    moved = Promise.withResolvers();
  };

  return {
    join(goesFirst) {
      const lane = goesFirst ? first : others;
      const place: Place = {
        get isNext() {
          return inside === undefined && (first[0] ?? others[0]) === place;
        },
        async untilNext() {
          while (!place.isNext) await moved.promise;
        },
        enter() {
          inside = place;
        },
        leave() {
          if (!lane.includes(place)) return;
          lane.splice(lane.indexOf(place), 1);
          if (inside === place) inside = undefined;
          tellAll();
        },
      };
      lane.push(place);
      return place;
    },
  };
}
