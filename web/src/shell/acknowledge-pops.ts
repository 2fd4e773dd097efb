// Tells the server that a pop is on the screen: the phone rings after that.
import { useLayoutEffect } from 'react';
import type { Connection } from '../connection.ts';
import { afterPaint } from '../parts/after-paint.ts';
import { whenPresented } from '../parts/presented.ts';
import type { DeskContact } from '../state/contacts.ts';

/**
 * Once per offer and connection.
 * @param offers the contacts that are offered
 * @param front the contact whose card is shown; others show as a tab
 * @param open whether the connection is
 */
export function useAcknowledgedPops(
  offers: DeskContact[],
  front: DeskContact | undefined,
  open: boolean,
  connection: Connection,
): void {
  const shown = front?.pop?.offer.id;
  const offered = offers.flatMap(({ pop }) => (pop === undefined ? [] : [pop.offer.id])).join(' ');
  useLayoutEffect(() => {
    if (!open || offered === '') return;
    // An offer that ended meanwhile, or a lost connection: nobody waits for this acknowledgement then.
    const stops = offered.split(' ').map((offer) => {
      const tell = () => void connection.do('pop-shown', { offer }).catch(() => undefined);
      return offer === shown ? whenPresented(offer, tell) : afterPaint(tell);
    });
    return () => {
      for (const stop of stops) stop();
    };
  }, [offered, shown, open, connection]);
}
