import { useEffect, useState } from 'react';
import { usePanel } from '../panel-context.ts';
import type { DeskContact } from '../state/contacts.ts';
import { popAddress, showInCrm } from './pop-url.ts';

/** Pops that were shown by themselves: once each, whatever is drawn again. */
const shown = new Set<string>();

/** Opens the customer in the CRM of the queue; by itself where the queue says so. */
export function CrmButton({ contact }: { contact: DeskContact }) {
  const { t, state } = usePanel();
  const [blocked, setBlocked] = useState(false);
  const queue = state.setup?.queues.find((one) => one.id === contact.queue);
  const content = contact.pop?.content;
  const address =
    queue?.popUrl === undefined || content === undefined
      ? undefined
      : popAddress(queue.popUrl, content, state.setup?.me.id ?? '');
  const byItself = queue?.popByItself === true;
  useEffect(() => {
    if (address === undefined || !byItself || shown.has(contact.key)) return;
    shown.add(contact.key);
    setBlocked(!showInCrm(address));
  }, [address, byItself, contact.key]);
  if (address === undefined) return null;
  return (
    <div className="crm">
      <button type="button" className="secondary small" onClick={() => setBlocked(!showInCrm(address))}>
        {t('customer.crm')}
      </button>
      {blocked && <span className="hint">{t('customer.crm-blocked')}</span>}
    </div>
  );
}
