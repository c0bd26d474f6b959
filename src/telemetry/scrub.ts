/** The last net for secrets in text: whatever was not known to be one, and looks like one, does not get through. */
export const HIDDEN = '[secret]';

/** Hides what looks like a credential in text that is about to be shown: tokens, proofs, passwords in addresses. */
export function scrub(text: string): string {
  return text
    .replaceAll(
      /\b(access_token|input_token|fb_exchange_token|appsecret_proof|client_secret)(=|%3D)[^&"'\s\\]+/gi,
      `$1$2${HIDDEN}`,
    )
    .replaceAll(/\bEAA[A-Za-z0-9]{16,}/g, HIDDEN)
    .replaceAll(/(\bBearer )[^\s"'\\]+/g, `$1${HIDDEN}`)
    .replaceAll(/(:\/\/[^:@/\s"]*):[^@/\s"]+@/g, `$1:${HIDDEN}@`);
}
