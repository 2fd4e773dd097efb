import { describe, expect, test } from 'vitest';
import type { SendPolicy } from '../../../sidecar/connector.ts';
import { verdict, windowOf } from '../../../sidecar/policy.ts';

const hour = 3_600_000;
const policy: SendPolicy = {
  windows: {
    message: { forMs: 48 * hour, most: 5 },
    menu: { forMs: 60_000, most: 3 },
    payment: { forMs: 48 * hour },
  },
};
const now = 1_763_780_000_000;

describe('what a provider allows', () => {
  test('nothing limits a channel without windows', () => {
    expect(windowOf({ always: true, windows: {} }, [], now)).toBeUndefined();
    expect(verdict({ always: true, windows: {} }, [], now)).toEqual({ may: true });
  });

  test('without an occasion nothing may be sent', () => {
    expect(windowOf(policy, [], now)).toEqual({ until: 0, left: 0 });
    expect(verdict(policy, [], now)).toEqual({ may: false, code: 'window-closed' });
    expect(verdict(policy, [{ occasion: 'scan', at: now, used: 0 }], now)).toMatchObject({ code: 'window-closed' });
  });

  test('a message opens five in 48 hours, and not one more', () => {
    const opening = { occasion: 'message', at: now, used: 4 };
    expect(windowOf(policy, [opening], now)).toEqual({ until: now + 48 * hour, left: 1 });
    expect(verdict(policy, [opening], now)).toEqual({ may: true, spends: opening });
    expect(verdict(policy, [{ ...opening, used: 5 }], now)).toEqual({ may: false, code: 'quota-spent' });
    expect(verdict(policy, [opening], now + 48 * hour - 1)).toMatchObject({ may: true });
    expect(verdict(policy, [opening], now + 48 * hour)).toEqual({ may: false, code: 'window-closed' });
  });

  test('several windows add up; what ends first is spent first', () => {
    const message = { occasion: 'message', at: now - hour, used: 3 };
    const menu = { occasion: 'menu', at: now, used: 0 };
    expect(windowOf(policy, [message, menu], now)).toEqual({ until: now + 47 * hour, left: 5 });
    expect(verdict(policy, [message, menu], now)).toEqual({ may: true, spends: menu });
    expect(verdict(policy, [message, { ...menu, used: 3 }], now)).toEqual({ may: true, spends: message });
  });

  test('what has no quota is spent before what has', () => {
    const menu = { occasion: 'menu', at: now, used: 0 };
    const payment = { occasion: 'payment', at: now - hour, used: 9 };
    expect(windowOf(policy, [menu, payment], now)).toEqual({ until: now + 47 * hour });
    expect(verdict(policy, [menu, payment], now)).toEqual({ may: true, spends: payment });
  });
});
