import { expect, test } from 'vitest';
import { parseAccounts } from './account.ts';

test('accounts are read from the password file, and odd lines passed over', () => {
  const accounts = parseAccounts('root:x:0:0:root:/root:/bin/sh\n+nis\n\nnobody:x:65534:65533:n:/:/bin/false\n');
  expect(accounts.get('nobody')).toEqual({ name: 'nobody', uid: 65_534, gid: 65_533 });
  expect([...accounts.keys()]).toEqual(['root', 'nobody']);
});
