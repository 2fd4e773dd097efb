// Numbers of the carriers' world ↔ E.164, and what names an SMS thread: the customer's number, and the tail that was added to
// ours where there is one ("+8613800138000~01").
import { isNumber, phoneNumber } from '../../../values/index.ts';

export interface SmsThread {
  customer: string;
  /** Digits behind our own number. */
  tail: string;
}

/** `8613800138000` and `13800138000` are the same customer. What is no number of that country stays as it came. */
export function customerNumber(raw: string, country: string): string {
  const bare = raw.trim();
  const plus = /^00\d{6,}$/.test(bare) ? `+${bare.slice(2)}` : bare;
  const candidates = /^86\d{11}$/.test(plus) ? [`+${plus}`, plus] : [plus, `+${plus.replace(/^\+/, '')}`];
  for (const one of candidates) {
    const { e164 } = phoneNumber(one, country);
    if (e164) return e164;
  }
  return bare;
}

export function threadOf(customer: string, to: string, ours: string): string {
  const tail = to.startsWith(ours) ? to.slice(ours.length) : '';
  return /^\d{1,12}$/.test(tail) ? `${customer}~${tail}` : customer;
}

/** @returns undefined where that names no number */
export function readThread(thread: string): SmsThread | undefined {
  const [customer = '', tail = '', ...rest] = thread.split('~');
  return rest.length === 0 && isNumber(customer) && /^\d{0,12}$/.test(tail) ? { customer, tail } : undefined;
}

/** As a gateway wants it: numbers of its country without the code. */
export function dialled(e164: string, form: 'national' | 'international'): string {
  const digits = e164.replace(/^\+/, '');
  return form === 'national' && /^86\d{11}$/.test(digits) ? digits.slice(2) : digits;
}
