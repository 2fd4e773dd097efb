// A work item from the contact in front. Only the button is part of the desk; the form comes when it is pressed.
import './work-items.css';
import { lazy, Suspense, useState } from 'react';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import type { DeskContact } from '../state/contacts.ts';
import { useWorkItemWords } from './words.ts';

const NewWorkItem = lazy(async () => ({ default: (await import('./new-work-item.tsx')).NewWorkItem }));

export function WorkItemButton({ contact }: { contact: DeskContact }) {
  const { state, change } = usePanel();
  const say = useWorkItemWords();
  const [open, setOpen] = useState(false);
  const channels = state.setup?.written?.work ?? [];
  if (channels.length === 0) return null;
  const customer = contact.pop?.content.customer;
  const view = contact.conversation?.view;
  const of = {
    interaction: contact.interaction,
    customer: customer?.id ?? view?.customer,
    name: customer?.name ?? view?.name,
  };
  return (
    <>
      <button type="button" className="ghost small" onClick={() => setOpen(true)}>
        <Icon name="check" size={16} /> {say('new')}
      </button>
      {open && (
        <Suspense>
          <NewWorkItem
            channels={channels}
            of={of}
            onClose={() => setOpen(false)}
            onMade={({ subject }) => {
              change({ on: 'notice', notice: { kind: 'good', about: 'said', text: say('created', { subject }) } });
            }}
          />
        </Suspense>
      )}
    </>
  );
}
