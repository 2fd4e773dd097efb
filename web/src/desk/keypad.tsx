import { useState } from 'react';
import { usePanel } from '../panel-context.ts';

const keys = [...'123456789*0#'];

/** Sends digits to the customer's side: each at once. */
export function Keypad({ interaction }: { interaction: string }) {
  const { t, act } = usePanel();
  const [sent, setSent] = useState('');
  const press = async (digits: string) => {
    if (await act('dtmf', { interaction, digits })) setSent((before) => (before + digits).slice(-16));
  };
  return (
    <fieldset
      className="keypad"
      aria-label={t('keypad.title')}
      onKeyDown={(event) => {
        if (keys.includes(event.key) && !event.ctrlKey && !event.metaKey) void press(event.key);
      }}
    >
      <output className="keypad-sent figures" aria-label={t('keypad.sent')}>
        {sent}
      </output>
      {keys.map((key) => (
        <button key={key} type="button" onClick={() => void press(key)}>
          {key}
        </button>
      ))}
    </fieldset>
  );
}
