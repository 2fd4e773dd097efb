import { ConversationCard } from '../conversation/conversation-card.tsx';
import { WriteBack } from '../conversation/write-back.tsx';
import { usePanel } from '../panel-context.ts';
import type { DeskContact } from '../state/contacts.ts';
import { WorkItemButton } from '../work-items/work-item-button.tsx';
import { CallCard } from './call-card.tsx';
import { OfferCard } from './offer-card.tsx';
import { WorkForm } from './work-form.tsx';
import { WrapUpCard } from './wrap-up-card.tsx';

/** What the agent can do with the contact in front. */
export function ContactCard({ contact }: { contact: DeskContact }) {
  const { state } = usePanel();
  const queue = state.setup?.queues.find((one) => one.id === contact.queue);
  // The call goes on from something written.
  const writesBack = contact.channel === 'voice' && contact.pop?.content.thread !== undefined;
  if (contact.state === 'offered') return <OfferCard contact={contact} />;
  if (contact.state === 'wrap-up') {
    return (
      <div className="column">
        <WrapUpCard contact={contact} queue={queue} />
        {writesBack && <WriteBack contact={contact} />}
        {contact.conversation !== undefined && (
          <ConversationCard contact={contact} conversation={contact.conversation} />
        )}
      </div>
    );
  }
  return (
    <div className="column">
      {contact.conversation === undefined ? (
        <CallCard contact={contact} />
      ) : (
        <ConversationCard contact={contact} conversation={contact.conversation} />
      )}
      {contact.state === 'connected' && writesBack && <WriteBack contact={contact} />}
      {contact.state === 'connected' && (
        <section className="card">
          <WorkForm contact={contact} queue={queue} />
          <WorkItemButton contact={contact} />
        </section>
      )}
    </div>
  );
}
