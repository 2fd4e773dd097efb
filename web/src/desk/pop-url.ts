// The customer's page in a CRM: its address from the queue's template, and the one window that it is shown in.
import type { PopView } from '../state/state.ts';

/**
 * Fills `{number}` and the like in; every value is encoded, so that none is more than a value.
 * @param template checked by the server: nothing is filled into the host
 */
export function popAddress(template: string, content: PopView['content'], agent: string): string {
  const fields: Record<string, string | undefined> = {
    number: content.from,
    customer: content.customer?.id,
    name: content.customer?.name ?? content.fromName,
    interaction: content.interaction,
    queue: content.queue,
    agent,
    to: content.to,
    language: content.language,
  };
  return template.replace(/\{([^{}]*)\}/g, (_, name: string) =>
    encodeURIComponent((name.startsWith('data.') ? content.variables[name.slice(5)] : fields[name]) ?? ''),
  );
}

let crm: Window | null = null;

/**
 * Shows it in the same window every time. The window knows the panel as its opener: only so may the panel lead it to the next
 * customer. What is opened is an address of the administrator's.
 * @returns false where the browser lets no window be opened without a click
 */
export function showInCrm(address: string): boolean {
  if (crm !== null && !crm.closed) {
    try {
      crm.location.replace(address);
      crm.focus();
      return true;
    } catch {
      // The CRM has cut the tie (a policy of its own): it gets a window anew.
    }
  }
  crm = window.open(address, 'switchroom-crm');
  crm?.focus();
  return crm !== null;
}
