import { useEffect, useMemo, useRef, useState } from 'react';
import { usePreferences } from '../panel-context.ts';
import { useUnsaved } from '../parts/unsaved.ts';
import { ask, RestFailed, type RestRequest, rest } from '../rest.ts';
import { inLanguage } from './in-language.ts';
import type { Mark } from './json-editor.tsx';

/** A path of the server and the `ETag` that it had when it was read here; null: there was nothing. */
type Tags = Record<string, string | null>;

/** Somebody else changed what was about to be replaced. */
export interface Conflict {
  by: string | undefined;
  at: number | undefined;
  /** What is there now; undefined: nothing. */
  theirs: string | undefined;
  /** Puts what is there now into the editor. */
  load: () => void;
  /** Does what was asked for, whatever is there now. */
  overwrite: () => Promise<void>;
  /** Later: it is asked again at the next save. */
  close: () => void;
}

export interface CheckedFile<Seen> {
  /** Undefined until it is here; empty where there is none of that name yet. */
  saved: string | undefined;
  text: string;
  setText: (text: string) => void;
  /** Undefined until the checker has spoken. */
  found: Mark[] | undefined;
  marks: Mark[];
  errors: number;
  /** What the checker made of the last text that was one. */
  seen: Seen | undefined;
  dirty: boolean;
  failed: RestFailed | undefined;
  conflict: Conflict | undefined;
  busy: boolean;
  /** The `ETag` that a path had when it was read; null: nothing was there. */
  tagOf: (path: string) => string | null;
  /** Saves the text at a path, unless somebody else did so since it was read. For `send`. */
  put: (path: string, query?: RestRequest['query']) => Promise<void>;
  /** What was typed and not saved is not kept any longer: the file is gone. */
  forget: () => void;
  /** Does what changes the file at the server, and tells what failed. */
  send: (what: () => Promise<unknown>) => Promise<void>;
}

const none: Mark[] = [];

/**
 * A JSON file of the server under edit: read from `source` (undefined: there is none yet, and it begins with `begun`), checked by
 * `<path>/check` a moment after the last key, and not lost by leaving the editor or closing the page. `look` takes from the checker's answer what is shown
 * beside the text; it has to be the same function at each call. What is edited may be saved elsewhere too: `beside` is that path, where something is there.
 */
export function useCheckedFile<Answer, Seen>({
  path,
  source,
  beside,
  begun,
  look,
  first,
  onSent,
}: {
  path: string;
  source: string | undefined;
  beside?: string | undefined;
  begun: string;
  look: (answer: Answer) => Seen | undefined;
  first?: Seen | undefined;
  onSent: () => void;
}): CheckedFile<Seen> {
  const { language } = usePreferences();
  const isNew = source === undefined;
  const [saved, setSaved] = useState<string | undefined>(isNew ? '' : undefined);
  const { before, keep } = useUnsaved<{ text: string; tags: Tags }>(path);
  const [text, setText] = useState(isNew ? (before?.text ?? begun) : '');
  /** Typed before the editor was left; it goes over the file once, and over what the file was then. */
  const typed = useRef(before);
  const tags = useRef<Tags>(before?.tags ?? {});
  const [found, setFound] = useState<Mark[]>();
  const [seen, setSeen] = useState(first);
  const [failed, setFailed] = useState<RestFailed>();
  const [conflict, setConflict] = useState<Conflict>();
  const [busy, setBusy] = useState(false);
  const marks = useMemo(() => found?.map((mark) => inLanguage(mark, language)) ?? none, [found, language]);
  const dirty = saved !== undefined && text !== saved;

  useEffect(() => {
    const paths = [source, beside].filter((one) => one !== undefined);
    if (paths.length === 0) return;
    const stop = new AbortController();
    Promise.all(paths.map((one) => ask(one, { signal: stop.signal })))
      .then(async ([main, ...others]) => {
        const file = (await main?.text()) ?? '';
        const read = Object.fromEntries(
          [main, ...others].map((response, at) => [paths[at], response?.headers.get('etag') ?? null]),
        );
        tags.current = { ...read, ...typed.current?.tags };
        setSaved(file);
        setText(typed.current?.text ?? file);
        typed.current = undefined;
      })
      .catch(unlessLeft(stop.signal, setFailed));
    return () => stop.abort();
  }, [source, beside]);

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
    keep(dirty && !(saved === '' && text === begun) ? { text, tags: tags.current } : undefined);
  }, [keep, saved, dirty, text, begun]);

  const tagOf = (of: string) => tags.current[of] ?? null;
  const forget = () => keep(undefined);
  const put = async (to: string, query: RestRequest['query'] = {}) => {
    try {
      const done = await ask(to, { method: 'PUT', body: text, query, replaces: tagOf(to) });
      tags.current = { ...tags.current, [to]: done.headers.get('etag') };
      setSaved(text);
    } catch (error) {
      throw error instanceof RestFailed && error.code === 'changed-meanwhile' ? new Changed(to, error) : error;
    }
  };
  const send = async (what: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    setFailed(undefined);
    setConflict(undefined);
    try {
      const changed = await refusal(what);
      if (changed === undefined) onSent();
      else setConflict(await conflictOf(changed, what));
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    } finally {
      setBusy(false);
    }
  };
  const conflictOf = async ({ path: where, by, at }: Changed, what: () => Promise<unknown>): Promise<Conflict> => {
    const now = await present(where);
    const known = () => {
      tags.current = { ...tags.current, [where]: now?.tag ?? null };
      setConflict(undefined);
    };
    return {
      by,
      at,
      theirs: now?.text,
      load() {
        known();
        setSaved(now?.text ?? '');
        setText(now?.text ?? begun);
      },
      overwrite() {
        known();
        return send(what);
      },
      close: () => setConflict(undefined),
    };
  };

  const errors = marks.filter(({ severity }) => severity === 'error').length;
  return { saved, text, setText, found, marks, errors, seen, dirty, failed, conflict, busy, tagOf, put, forget, send };
}

/** What is at a path was changed since it was read. */
class Changed extends Error {
  readonly path: string;
  readonly by: string | undefined;
  readonly at: number | undefined;

  constructor(path: string, { details: { by, at }, message }: RestFailed) {
    super(message);
    this.path = path;
    this.by = typeof by === 'string' ? by : undefined;
    this.at = typeof at === 'number' ? at : undefined;
  }
}

/** @returns why it was not done, where that is somebody else's change */
async function refusal(what: () => Promise<unknown>): Promise<Changed | undefined> {
  try {
    await what();
    return undefined;
  } catch (error) {
    if (error instanceof Changed) return error;
    throw error;
  }
}

/** What is there now; undefined: nothing. @throws RestFailed */
async function present(path: string): Promise<{ text: string; tag: string | null } | undefined> {
  try {
    const response = await ask(path);
    return { text: await response.text(), tag: response.headers.get('etag') };
  } catch (error) {
    if (error instanceof RestFailed && error.status === 404) return undefined;
    throw error;
  }
}

function unlessLeft(signal: AbortSignal, tell: (failed: RestFailed) => void): (error: unknown) => void {
  return (error) => {
    if (signal.aborted) return;
    if (!(error instanceof RestFailed)) throw error;
    tell(error);
  };
}
