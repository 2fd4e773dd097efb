import { useEffect, useState } from 'react';
import { dateTime } from '../format.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { ask, RestFailed, useRest } from '../rest.ts';
import { JsonEditor } from './json-editor.tsx';
import { useEditorWords } from './words.ts';

interface Version {
  version: string;
  at: number;
  by?: string;
}

/** What was in use before, compared with the editor's text; taking one puts it into the editor. */
export function Versions({
  of,
  current,
  text,
  onTake,
}: {
  /** Path of what has versions: `/flows/bank`. */
  of: string;
  /** Version in use. */
  current: string | undefined;
  text: string;
  /** Absent: she may only look. */
  onTake?: ((text: string) => void) | undefined;
}) {
  const { language, state } = usePanel();
  const say = useEditorWords();
  const path = `${of}/versions`;
  const { data, failed, reload } = useRest<{ versions: Version[] }>(path);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another version in use is a new line in the list
  useEffect(reload, [current]);
  const [open, setOpen] = useState<string>();
  const [old, setOld] = useState<string>();
  const [problem, setProblem] = useState<RestFailed>();
  useEffect(() => {
    if (open === undefined) return;
    const stop = new AbortController();
    setOld(undefined);
    ask(`${path}/${open}`, { signal: stop.signal })
      .then(async (response) => setOld(await response.text()))
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        if (!(error instanceof RestFailed)) throw error;
        setProblem(error);
      });
    return () => stop.abort();
  }, [path, open]);
  return (
    <div className="versions">
      <Failure of={failed ?? problem} />
      <ul>
        {data?.versions.map((one) => (
          <li key={one.version}>
            <button
              type="button"
              className="ghost wide"
              aria-pressed={one.version === open}
              onClick={() => setOpen(one.version)}
            >
              <span>{dateTime(one.at, Date.now(), language, state.setup?.site.timeZone ?? 'UTC')}</span>
              <span className="muted">{one.by ?? say('by-file')}</span>
              {one.version === current && <span className="chip strong">{say('in-use')}</span>}
            </button>
          </li>
        ))}
      </ul>
      {old !== undefined && (
        <>
          <div className="simulator-head">
            <span className="muted">{say('compared')}</span>
            <span className="space" />
            {onTake !== undefined && (
              <button type="button" className="secondary small" onClick={() => onTake(old)}>
                {say('take-version')}
              </button>
            )}
          </div>
          <JsonEditor key={open} label={say('compared')} text={text} comparedWith={old} />
        </>
      )}
    </div>
  );
}
