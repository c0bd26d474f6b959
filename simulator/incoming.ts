/** A Graph API request, taken apart. */
export interface Incoming {
  readonly method: string;
  /** e.g. `v25.0`; the version served when the path names none. */
  readonly version: string;
  /** Path behind the version, decoded. */
  readonly segments: readonly string[];
  /** Query and form together. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly token: string | undefined;
  /** Milliseconds of the real monotonic clock. */
  readonly arrivedMs: number;
}

/** What a request falls back on when it does not say it itself. */
export interface IncomingDefaults {
  readonly token?: string | undefined;
}

const OLDEST_LIVING_VERSION = 'v21.0';

/** `target` is path and query; `form` the decoded body. */
export function readIncoming(
  request: { readonly method: string; readonly target: string; readonly arrivedMs: number },
  form: Readonly<Record<string, string>> = {},
  defaults: IncomingDefaults = {},
): Incoming {
  const { pathname, searchParams } = new URL(request.target, 'http://graph.invalid');
  const segments = pathname.split('/').filter(Boolean).map(decode);
  const version = /^v\d+\.\d+$/.test(segments[0] ?? '') ? segments.shift() : undefined;
  const own = { ...Object.fromEntries(searchParams), ...form };
  return {
    method: own['method']?.toUpperCase() ?? request.method,
    version: version ?? OLDEST_LIVING_VERSION,
    segments,
    parameters: own,
    token: own['access_token'] ?? defaults.token,
    arrivedMs: request.arrivedMs,
  };
}

/** The body of a POST as parameters: form encoding, or a flat JSON object. */
export function readForm(body: string, contentType: string | undefined): Record<string, string> {
  if (contentType?.startsWith('application/json') !== true) return Object.fromEntries(new URLSearchParams(body));
  const value: unknown = body === '' ? {} : JSON.parse(body);
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, typeof member === 'string' ? member : JSON.stringify(member)]),
  );
}

/** A path segment that is no valid encoding is taken as it stands. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
