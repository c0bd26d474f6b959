import { describe, expect, test } from 'vitest';
import { createRedactor, redact } from './redact.ts';

describe('redact', () => {
  test.each([
    ['https://x.example/?access_token=abc123&limit=1', 'https://x.example/?access_token=[secret]&limit=1'],
    ['{"access_token":"abc123"}', '{"access_token":"[secret]"}'],
    ['appsecret_proof=0a1b2c and more', 'appsecret_proof=[secret] and more'],
    ['Malformed access token EAABsbCS1iHgBO0Zx', 'Malformed access token [secret]'],
    ['token 123456789|abcDEF_ghi-123', 'token [secret]'],
    ['input_token%3Dabc&x', 'input_token%3D[secret]&x'],
    ['a=1%26access_token%3Dabc%2526x', 'a=1%26access_token%3D[secret]'],
    ['appsecret_time%253D1%2526appsecret_proof%253D0a1b', 'appsecret_time%253D1%2526appsecret_proof%253D[secret]'],
    ['{\\"access_token\\":\\"abc123\\"}', '{\\"access_token\\":\\"[secret]\\"}'],
    ['?t%3DEAABsbCS1iHgBO0Zx', '?t%3D[secret]'],
    ['?t%3D123456789%7CabcDEF_ghi-123', '?t%3D[secret]'],
    ['Session has expired on Friday.', 'Session has expired on Friday.'],
  ])('%s', (text, clean) => {
    expect(redact(text)).toBe(clean);
  });

  test('takes out the secrets it is told of, also as they stand in addresses', () => {
    expect(createRedactor(['1|b', '']).text('a 1|b c 1%7Cb d 1%257Cb')).toBe('a [secret] c [secret] d [secret]');
    expect(createRedactor(["(b')~"]).text("a (b')~ c %28b%27%29%7E d %2528b%2527%2529%257E")).toBe(
      'a [secret] c [secret] d [secret]',
    );
  });
});

describe('the redactor of an answer', () => {
  test('leaves a text without links and secrets as it is', () => {
    const text = '{"message":"my access_token= is EAABsbCS1iHgBO0Zx"}';
    expect(createRedactor(['other']).answer(text)).toBe(text);
  });

  test('cleans escaped links', () => {
    const text = '{"previous": "https:\\/\\/g.example\\/?access_token=one\\u0026appsecret_proof=two&after=x"}';
    expect(createRedactor([]).answer(text)).toBe(
      '{"previous": "https:\\/\\/g.example\\/?access_token=[secret]\\u0026appsecret_proof=[secret]&after=x"}',
    );
  });

  test('takes out the secrets as JSON escapes them', () => {
    expect(createRedactor(['a/"b']).answer(String.raw`{"message":"a/\"b and a\/\"b"}`)).toBe(
      '{"message":"[secret] and [secret]"}',
    );
  });

  test('keeps a token that was asked for, also when it is the one that was sent', () => {
    expect(createRedactor(['T0ken']).answer('{"access_token":"T0ken","name":"T0ken"}')).toBe(
      '{"access_token":"T0ken","name":"[secret]"}',
    );
  });
});
