import { phone } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import type { DeskContact } from '../state/contacts.ts';

/** Name and number of the one who is on the line. */
export function Caller({ contact }: { contact: DeskContact }) {
  const { t } = usePanel();
  const content = contact.pop?.content;
  const call = contact.call;
  const number = content?.from ?? (call?.direction === 'out' ? call.to : call?.from);
  const shown = number === undefined ? t('contact.withheld') : phone(number);
  const name = content?.customer?.name ?? content?.fromName;
  return (
    <div className="caller">
      <strong>{name ?? (number === undefined ? t('contact.unknown') : shown)}</strong>
      {name !== undefined && <span className="figures">{shown}</span>}
      {name === undefined && <span>{t('contact.unknown')}</span>}
    </div>
  );
}
