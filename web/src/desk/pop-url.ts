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

/** Shows it in the same window every time. @returns false where the browser lets no window be opened without a click */
export function showInCrm(address: string): boolean {
  if (crm === null || crm.closed) {
    crm = window.open('about:blank', 'switchroom-crm');
    if (crm === null) return false;
    // The CRM gets no hold of the panel.
    crm.opener = null;
  }
  crm.location.replace(address);
  crm.focus();
  return true;
}
