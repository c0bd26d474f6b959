/**
 * The strict limit of the Conversations API: so many calls in any window of one second, per Page and platform. It
 * runs on the real monotonic clock, whatever the world's clock says.
 */
export interface Meter {
  /**
   * Counts a call that arrived at `arrivedMs` and says whether the limit allows it. Refused calls are counted too,
   * as on Facebook: hammering keeps the door shut. Arrivals must come in order.
   */
  admit(key: string, arrival: { readonly arrivedMs: number; readonly units: number }): boolean;
}

const WINDOW_MS = 1000;

/** `callsPerSecond` 0 admits everything. */
export function createMeter(callsPerSecond: number): Meter {
  const arrivals = new Map<string, number[]>();
  return {
    admit(key, { arrivedMs, units }) {
      if (callsPerSecond === 0) return true;
      const recent = (arrivals.get(key) ?? []).filter((earlierMs) => earlierMs > arrivedMs - WINDOW_MS);
      const isAllowed = recent.length + units <= callsPerSecond;
      for (let unit = 0; unit < units; unit += 1) recent.push(arrivedMs);
      arrivals.set(key, recent);
      return isAllowed;
    },
  };
}
