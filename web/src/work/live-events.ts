// The stream of events (server-sent) as a reason to look again: what changed is read by the page itself, so that a page never
// shows what its reader may not see, and a lost event costs nothing.
import { useEffect, useRef } from 'react';
import { addressOf } from '../rest.ts';

/** Events that come together are one reason. */
const settleMs = 250;

/** @param types exact names of events, by comma */
export function useLiveEvents(types: string, onEvent: () => void): void {
  const latest = useRef(onEvent);
  latest.current = onEvent;
  useEffect(() => {
    const source = new EventSource(addressOf('/events', { types }));
    let timer: ReturnType<typeof setTimeout> | undefined;
    let lost = false;
    const look = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        latest.current();
      }, settleMs);
    };
    for (const type of types.split(',')) source.addEventListener(type, look);
    source.addEventListener('error', () => {
      lost = true;
    });
    source.addEventListener('open', () => {
      if (lost) look();
      lost = false;
    });
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [types]);
}
