/** Reads the request body as the bytes that arrived, up to a bound: what is longer is never held in memory. */
import { isTidemarkError, TidemarkError } from '../core/errors.ts';

/** Throws BODY_TOO_LARGE, or INVALID_JSON when the body broke off. */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new TidemarkError('BODY_TOO_LARGE', `The request body is larger than ${maxBytes} bytes; send less.`);
  if (Number(request.headers.get('Content-Length') ?? 0) > maxBytes) throw tooLarge();
  if (request.body === null) return new Uint8Array();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of request.body) {
      bytes += piece.byteLength;
      if (bytes > maxBytes) throw tooLarge();
      pieces.push(piece);
    }
  } catch (error) {
    if (isTidemarkError(error)) throw error;
    throw new TidemarkError('INVALID_JSON', 'The request body broke off before its end; send it again.', {
      cause: error,
    });
  }
  return Buffer.concat(pieces);
}
