// What a customer is called.
import type { PopView } from './state.ts';

/** The customer's name, else the name that the caller's side sent, if it says more than the number. */
export function nameOf(content: PopView['content'] | undefined): string | undefined {
  const sent = content?.fromName === content?.from ? undefined : content?.fromName;
  return content?.customer?.name ?? sent;
}

/** Where she is on a digital channel, where people can read it: an address or a number, not a provider's id. */
export function digitalAddress(content: PopView['content'] | undefined): string | undefined {
  return content?.from !== undefined && /@|^\+\d/.test(content.from) ? content.from : undefined;
}
