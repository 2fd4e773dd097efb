import { phone } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import type { DeskContact } from '../state/contacts.ts';
import type { PopView } from '../state/state.ts';

/** The customer's name, else the name that the caller's side sent, if it says more than the number. */
export function nameOf(content: PopView['content'] | undefined): string | undefined {
  const sent = content?.fromName === content?.from ? undefined : content?.fromName;
  return content?.customer?.name ?? sent;
}

/** Name and number of the one who is on the line. */
export function Caller({ contact }: { contact: DeskContact }) {
  const { t } = usePanel();
  const content = contact.pop?.content;
  const call = contact.call;
  const number = content?.from ?? (call?.direction === 'out' ? call.to : call?.from);
  const shown = number === undefined ? t('contact.withheld') : phone(number);
  const name = nameOf(content);
  return (
    <div className="caller">
      <strong>{name ?? (number === undefined ? t('contact.unknown') : shown)}</strong>
      {name !== undefined && <span className="figures">{shown}</span>}
      {name === undefined && <span>{t('contact.unknown')}</span>}
    </div>
  );
}
