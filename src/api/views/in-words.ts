/** Instants and durations as answers say them. */
import type { Instant } from '../../core/model.ts';

export function toIso(at: Instant): string {
  return new Date(at).toISOString();
}

export function toIsoOrNull(at: Instant | undefined): string | null {
  return at === undefined ? null : toIso(at);
}

export function toSeconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(2)}s`;
}
