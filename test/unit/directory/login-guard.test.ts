import { expect, it } from 'vitest';
import { LoginGuard } from '../../../server/directory/login-guard.ts';

it('is not made to forget by one address that tries thousands of names', () => {
  const guard = new LoginGuard();
  let now = 1_700_000_000_000;
  for (let i = 0; i < 10; i++) expect(guard.attemptCode('1001', now)).toBe(0);
  expect(guard.attemptCode('1001', now)).toBeGreaterThan(0);
  for (let i = 0; i < 50_000; i++) guard.attempt(`nobody${i}`, '192.0.2.7', now++);
  expect(guard.attempt('1001', '192.0.2.7', now)).toBeGreaterThan(0);
  expect(guard.attemptCode('1001', now)).toBeGreaterThan(0);
});
