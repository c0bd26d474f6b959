/** Asserts what the surrounding code already guarantees; never a check of outside input. */
export function must<T>(value: T | undefined | null, why: string): T {
  if (value === undefined || value === null) throw new Error(`Broken assumption: ${why}`);
  return value;
}
