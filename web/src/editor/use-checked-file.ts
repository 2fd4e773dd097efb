import { useCallback, useEffect, useRef, useState } from 'react';
import { useUnsaved } from '../parts/unsaved.ts';
import { ask, RestFailed, rest } from '../rest.ts';
import type { Mark } from './json-editor.tsx';

export interface CheckedFile<Seen> {
  /** Undefined until it is here; empty where there is none of that name yet. */
  saved: string | undefined;
  text: string;
  setText: (text: string) => void;
  setSaved: (text: string) => void;
  /** Undefined until the checker has spoken. */
  found: Mark[] | undefined;
  marks: Mark[];
  errors: number;
  /** What the checker made of the last text that was one. */
  seen: Seen | undefined;
  dirty: boolean;
  failed: RestFailed | undefined;
  busy: boolean;
  /** Does what changes the file at the server, and tells what failed. */
  send: (what: () => Promise<unknown>) => Promise<void>;
}

const none: Mark[] = [];

/**
 * A JSON file of the server under edit: read from `source` (undefined: there is none yet, and it begins with `begun`), checked by
 * `<path>/check` a moment after the last key, and not lost by leaving the editor or closing the page. `look` takes from the checker's answer what is shown
 * beside the text; it has to be the same function at each call.
 */
export function useCheckedFile<Answer, Seen>({
  path,
  source,
  begun,
  look,
  first,
  onSent,
}: {
  path: string;
  source: string | undefined;
  begun: string;
  look: (answer: Answer) => Seen | undefined;
  first?: Seen | undefined;
  onSent: () => void;
}): CheckedFile<Seen> {
  const isNew = source === undefined;
  const [saved, setSaved] = useState<string | undefined>(isNew ? '' : undefined);
  const { before, keep } = useUnsaved<string>(path);
  const [text, setText] = useState(isNew ? (before ?? begun) : '');
  /** Typed before the editor was left; it goes over the file once. */
  const typed = useRef(before);
  const [found, setFound] = useState<Mark[]>();
  const [seen, setSeen] = useState(first);
  const [failed, setFailed] = useState<RestFailed>();
  const [busy, setBusy] = useState(false);
  const marks = found ?? none;
  const dirty = saved !== undefined && text !== saved;

  useEffect(() => {
    if (source === undefined) return;
    const stop = new AbortController();
    ask(source, { signal: stop.signal })
      .then(async (response) => {
        const file = await response.text();
        setSaved(file);
        setText(typed.current ?? file);
        typed.current = undefined;
      })
      .catch(unlessLeft(stop.signal, setFailed));
    return () => stop.abort();
  }, [source]);

  useEffect(() => {
    if (saved === undefined) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      rest<Answer & { findings: Mark[] }>(`${path}/check`, { method: 'POST', body: text, signal: stop.signal })
        .then((answer) => {
          setFound(answer.findings);
          // While the text is none, what the last one showed stays.
          const now = look(answer);
          if (now !== undefined) setSeen(now);
        })
        .catch(unlessLeft(stop.signal, setFailed));
    }, 250);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [path, text, saved, look]);

  useEffect(() => {
    if (saved === undefined) return;
    keep(dirty && !(saved === '' && text === begun) ? text : undefined);
  }, [keep, saved, dirty, text, begun]);

  const send = useCallback(
    async (what: () => Promise<unknown>) => {
      setBusy(true);
      setFailed(undefined);
      try {
        await what();
        onSent();
      } catch (error) {
        if (!(error instanceof RestFailed)) throw error;
        setFailed(error);
      } finally {
        setBusy(false);
      }
    },
    [onSent],
  );

  const errors = marks.filter(({ severity }) => severity === 'error').length;
  return { saved, text, setText, setSaved, found, marks, errors, seen, dirty, failed, busy, send };
}

function unlessLeft(signal: AbortSignal, tell: (failed: RestFailed) => void): (error: unknown) => void {
  return (error) => {
    if (signal.aborted) return;
    if (!(error instanceof RestFailed)) throw error;
    tell(error);
  };
}
