/** The encryption key of all test databases. */
import { Secret } from '../../src/lib/secret.ts';

export const TEST_KEY = new Secret(Buffer.alloc(32, 7).toString('base64'));
