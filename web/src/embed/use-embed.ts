// The panel in a frame of a CRM: it tells what happens on the desk, and does what the CRM asks, for origins of the settings only.
import { useEffect, useRef } from 'react';
import { usePanel } from '../panel-context.ts';
import type { DeskContact } from '../state/contacts.ts';
import { changes, parseCommand, protocol } from './messages.ts';

export function useEmbed(contacts: DeskContact[]): void {
  const { state, act } = usePanel();
  /** The page around, once it has said hello from an origin that may. */
  const partner = useRef<string>(undefined);
  const told = useRef<readonly DeskContact[]>([]);
  const latest = useRef(contacts);
  latest.current = contacts;
  const embedders = state.setup?.embedders;
  const agent = state.setup?.me.id;

  useEffect(() => {
    if (window.parent === window || embedders === undefined) return;
    const say = (origin: string, message: object) =>
      window.parent.postMessage({ switchroom: protocol, ...message }, origin);
    const onMessage = async ({ data, origin, source }: MessageEvent<unknown>) => {
      if (source !== window.parent || !embedders.includes(origin)) return;
      const command = parseCommand(data);
      if (command === undefined) return;
      const { id } = command;
      if ('wrong' in command) return say(origin, { re: id, ok: false, wrong: command.wrong });
      switch (command.do) {
        case 'hello':
          partner.current = origin;
          told.current = [];
          say(origin, { event: 'ready', agent });
          for (const one of changes([], latest.current)) say(origin, one);
          told.current = latest.current;
          return;
        case 'dial':
          return say(origin, { re: id, ok: await act('dial', { to: command.to }) });
        case 'disposition': {
          const { interaction, disposition } = command;
          return say(origin, { re: id, ok: await act('disposition', { interaction, disposition }) });
        }
        case 'note': {
          const { interaction, note } = command;
          return say(origin, { re: id, ok: await act('note', { interaction, note }) });
        }
      }
    };
    const listener = (event: MessageEvent<unknown>) => void onMessage(event);
    window.addEventListener('message', listener);
    return () => window.removeEventListener('message', listener);
  }, [embedders, agent, act]);

  useEffect(() => {
    if (partner.current === undefined) return;
    for (const one of changes(told.current, contacts)) {
      window.parent.postMessage({ switchroom: protocol, ...one }, partner.current);
    }
    told.current = contacts;
  }, [contacts]);
}
