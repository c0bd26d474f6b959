/** What Facebook's webhooks bring, in the words of the mirror. Nothing here knows the form that they arrive in. */

/** The bytes of a delivery as they arrived, and the header X-Hub-Signature-256. */
export interface SignedDelivery {
  readonly body: Uint8Array;
  readonly signature: string | undefined;
}

/** The 64 hexadecimal digits of `sha256=…`; undefined for anything else, such as a header that came twice. */
export function readSignature(header: string | undefined): string | undefined {
  return /^sha256=([0-9a-f]{64})$/i.exec(header ?? '')?.[1];
}
