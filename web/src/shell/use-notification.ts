// A tab that she does not see is told of by the system, where she allowed it: as long as something waits for her there.
import { useEffect, useRef } from 'react';

export interface Notice {
  /** Another key is another notice. */
  key: string;
  title: string;
  body: string;
  language: string;
}

export function useNotification(notice: Notice | undefined): void {
  const latest = useRef(notice);
  latest.current = notice;
  const key = notice?.key;
  useEffect(() => {
    if (key === undefined || !('Notification' in window)) return;
    let note: Notification | undefined;
    const look = () => {
      const said = latest.current;
      if (!document.hidden) {
        note?.close();
        note = undefined;
      } else if (note === undefined && said !== undefined && Notification.permission === 'granted') {
        // It stays until it is over: an offer may last longer than the system shows a notice by itself. One tag for all tabs.
        const made = new Notification(said.title, {
          tag: said.key,
          body: said.body,
          lang: said.language,
          icon: '/icon.svg',
          requireInteraction: true,
        });
        made.onclick = () => {
          window.focus();
          made.close();
        };
        note = made;
      }
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      note?.close();
    };
  }, [key]);
}
