import { useConversationWords } from '../conversation/words.ts';
import { phone } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import type { DeskContact } from '../state/contacts.ts';
import { digitalAddress, nameOf } from '../state/names.ts';
import { detourText } from '../state/wording.ts';

/** Name and number of the one who is on the line, and how the flow ended from which she came back. */
export function Caller({ contact }: { contact: DeskContact }) {
  const { t, language, state } = usePanel();
  const content = contact.pop?.content;
  const call = contact.call;
  const say = useConversationWords();
  // The phone rings once this was presented.
  const timed = contact.state === 'offered' ? contact.pop?.offer.id : undefined;
  if (contact.channel !== 'voice') {
    const where = digitalAddress(content);
    const called = nameOf(content) ?? contact.conversation?.view.name ?? where;
    return (
      <div className="caller">
        <strong elementtiming={timed}>{called ?? say('visitor')}</strong>
        {where !== undefined && called !== where && <span className="figures">{where}</span>}
      </div>
    );
  }
  const number = content?.from ?? (call?.direction === 'out' ? call.to : call?.from);
  const shown = number === undefined ? t('contact.withheld') : phone(number);
  const name = nameOf(content);
  const detour = call?.phase === 'detour' ? undefined : state.detours[contact.interaction];
  return (
    <div className="caller">
      <strong elementtiming={timed}>{name ?? (number === undefined ? t('contact.unknown') : shown)}</strong>
      {name !== undefined || number === undefined ? (
        <span className="figures">{shown}</span>
      ) : (
        <span>{t('contact.unknown')}</span>
      )}
      {detour !== undefined && <span>{detourText(detour, { flows: state.setup?.flows, language, t })}</span>}
    </div>
  );
}
