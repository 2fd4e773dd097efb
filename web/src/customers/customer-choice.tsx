// Choosing one customer by what a person remembers of her: a combobox (WAI-ARIA), arrows, Enter, Escape.
import './customer-choice.css';
import { useEffect, useId, useState } from 'react';
import { phone } from '../format.ts';
import { Icon } from '../parts/icon.tsx';
import { RestFailed, rest } from '../rest.ts';
import { calledOf } from './names.ts';
import type { CustomerRecord } from './types.ts';
import { useCustomerWords } from './words.ts';

/** Asked a moment after the last key. */
const restMs = 200;
const most = 8;

export function CustomerChoice({
  label,
  placeholder,
  nobody,
  chosen,
  onChoose,
}: {
  label: string;
  placeholder: string;
  /** What stands there while nobody is chosen. */
  nobody: string;
  chosen: CustomerRecord | undefined;
  onChoose: (customer: CustomerRecord | undefined) => void;
}) {
  const say = useCustomerWords();
  const id = useId();
  const [text, setText] = useState('');
  const [found, setFound] = useState<CustomerRecord[]>([]);
  const [at, setAt] = useState(0);
  useEffect(() => {
    const wanted = text.trim();
    setFound([]);
    if (wanted === '') return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      const query = { text: wanted, limit: most };
      rest<{ customers: CustomerRecord[] }>('/customers', { query, signal: stop.signal })
        .then(({ customers }) => {
          setFound(customers);
          setAt(0);
        })
        .catch((error: unknown) => {
          if (!stop.signal.aborted && !(error instanceof RestFailed)) throw error;
        });
    }, restMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text]);

  if (chosen !== undefined) {
    const name = calledOf(chosen, say('no-name'));
    return (
      <p className="customer-chosen">
        <Icon name="person" size={18} />
        <strong>{name}</strong>
        <span className="muted figures">{chosen.id}</span>
        <button
          type="button"
          className="ghost round small"
          aria-label={say('choice.nobody', { name })}
          onClick={() => onChoose(undefined)}
        >
          <Icon name="close" size={16} />
        </button>
      </p>
    );
  }
  const choose = (customer: CustomerRecord | undefined) => {
    if (customer === undefined) return;
    setText('');
    onChoose(customer);
  };
  const open = found.length > 0;
  return (
    <div className="customer-choice">
      <input
        role="combobox"
        aria-label={label}
        aria-expanded={open}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={open ? `${id}-${at}` : undefined}
        placeholder={`${nobody} · ${placeholder}`}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt(Math.min(at + 1, found.length - 1));
          else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
          else if (event.key === 'Enter' && open) choose(found[at]);
          else if (event.key === 'Escape' && text !== '') setText('');
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <div id={id} role="listbox" aria-label={label} hidden={!open}>
        {found.map((customer, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys of the input choose
          <div
            key={customer.id}
            id={`${id}-${place}`}
            role="option"
            aria-selected={place === at}
            tabIndex={-1}
            onClick={() => choose(customer)}
          >
            <strong>{calledOf(customer, say('no-name'))}</strong>
            <span className="muted figures">{knownBy(customer)}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

function knownBy({ identities }: CustomerRecord): string {
  return identities
    .slice(0, 2)
    .map(({ kind, value }) => (kind === 'phone' ? phone(value) : value))
    .join(' · ');
}
