// What somebody typed into a form and has not saved: kept while the page is open, whatever takes the form away (an offer,
// another page, a session that ended), and the browser asks before the page itself goes.
import { useCallback, useState } from 'react';
import { usePanel } from '../panel-context.ts';

const kept = new Map<string, unknown>();

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

export interface Unsaved<Typed> {
  /** What was typed into this form before it was taken away. */
  before: Typed | undefined;
  /** Undefined: saved, or thrown away. */
  keep: (typed: Typed | undefined) => void;
}

/** @param form names it among all forms, such as `agents/1001`; another person's stay hers */
export function useUnsaved<Typed>(form: string): Unsaved<Typed> {
  const { state } = usePanel();
  const key = `${state.setup?.me.id} ${form}`;
  const [before] = useState(() => kept.get(key) as Typed | undefined);
  const keep = useCallback(
    (typed: Typed | undefined) => {
      if (typed === undefined) kept.delete(key);
      else kept.set(key, typed);
      if (kept.size === 0) window.removeEventListener('beforeunload', warn);
      else window.addEventListener('beforeunload', warn);
    },
    [key],
  );
  return { before, keep };
}
