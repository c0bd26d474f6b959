/**
 * Meta's usage headers as plain data: how much of each quota is used up, and when a blocked one opens again. A header
 * that is absent means unknown, not zero, and one that cannot be read is named, never an error of the call.
 */
import type { JsonObject } from '../core/model.ts';
import type { QuotaUsage, Usage } from '../core/limits/quota-usage.ts';
import type { OwnQuotas } from './call.ts';
import { parseJson } from './json.ts';
import { isObject, type Maybe } from './shapes.ts';

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const MEASURES = ['call_count', 'total_cputime', 'total_time'] as const;
const FLAT_HEADERS = { 'x-app-usage': 'app', 'x-page-usage': 'page' } as const;
/** Facebook's quotas are by the hour or the day; more than this is nonsense that would park a Page for good. */
const LONGEST_MINUTES = 7 * 24 * 60;
const BUSINESS_HEADER = 'x-business-use-case-usage';

/**
 * Reads the usage headers of an answer; `headers` has lower-case names. An answer may tell of the quotas of other Pages,
 * of a business, and of use cases that the call has nothing to do with: only `own` ones count.
 */
export function readUsage(headers: Headers, own?: OwnQuotas): Usage {
  const quotas = new Map<string, QuotaUsage>();
  const unreadable = new Set<string>();
  const add = (usage: QuotaUsage) => quotas.set(usage.quota, worse(quotas.get(usage.quota), usage));

  for (const [header, quota] of Object.entries(FLAT_HEADERS)) {
    if (headers[header] === undefined) continue;
    const read = toUsage(readHeader(headers[header]), quota);
    if (read === undefined) unreadable.add(header);
    else add(read);
  }
  if (headers[BUSINESS_HEADER] !== undefined) {
    const objects = readHeader(headers[BUSINESS_HEADER]);
    if (objects === undefined) unreadable.add(BUSINESS_HEADER);
    for (const [objectId, entries] of Object.entries(objects ?? {})) {
      for (const entry of [entries].flat() as readonly Maybe[]) {
        const read = toUseCaseUsage(entry);
        if (read === undefined) unreadable.add(BUSINESS_HEADER);
        else if (own?.objectIds.has(objectId) && own.useCases.includes(read.quota)) add(read);
      }
    }
  }
  return { quotas: [...quotas.values()], unreadable: [...unreadable] };
}

function toUseCaseUsage(entry: Maybe): QuotaUsage | undefined {
  return isObject(entry) && typeof entry['type'] === 'string' ? toUsage(entry, entry['type']) : undefined;
}

function readHeader(value: string | readonly string[]): JsonObject | undefined {
  try {
    const parsed = parseJson(typeof value === 'string' ? value : (value[0] ?? ''));
    return isObject(parsed) ? parsed : undefined;
  } catch {
    // Not JSON: the caller names the header as unreadable.
    return undefined;
  }
}

function toUsage(value: Maybe, quota: string): QuotaUsage | undefined {
  if (!isObject(value)) return undefined;
  const percents = MEASURES.flatMap((measure) => {
    const figure = value[measure];
    return typeof figure === 'number' && figure >= 0 ? [figure] : [];
  });
  if (percents.length === 0) return undefined;
  const minutes = value['estimated_time_to_regain_access'];
  const regainMs = typeof minutes === 'number' && minutes > 0 ? Math.min(minutes, LONGEST_MINUTES) * 60_000 : undefined;
  return { quota, percent: Math.max(...percents), regainMs };
}

function worse(known: QuotaUsage | undefined, other: QuotaUsage): QuotaUsage {
  if (known === undefined) return other;
  const regainMs = Math.max(known.regainMs ?? 0, other.regainMs ?? 0);
  return {
    quota: known.quota,
    percent: Math.max(known.percent, other.percent),
    regainMs: regainMs === 0 ? undefined : regainMs,
  };
}
