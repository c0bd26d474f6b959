import { describe, expect, it } from 'vitest';
import { assertLoopback } from './loopback.ts';

describe('assertLoopback', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost', 'LOCALHOST'])('lets %s through', (host) => {
    expect(() => assertLoopback(host)).not.toThrow();
  });

  it.each(['0.0.0.0', '::', '192.168.1.2', '127.0.0.1.example.com', 'example.com', '::ffff:10.0.0.1', '128.0.0.1'])(
    'refuses %s, naming HOST',
    (host) => {
      expect(() => assertLoopback(host)).toThrow(
        expect.objectContaining({
          code: 'INVALID_SETTING',
          message: expect.stringContaining('HOST must be a loopback'),
        }),
      );
    },
  );
});
