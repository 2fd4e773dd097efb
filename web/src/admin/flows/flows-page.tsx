// Flows: their JSON with completion and the checker's marks, beside it the picture, a simulator, tests and versions.
import '../../editor/editor.css';
import './flows.css';
import { useCallback, useEffect, useMemo, useState } from 'react';
import flowSchema from '../../../../ivr-flows/flow.schema.json' with { type: 'json' };
import type { FlowPicture as Picture } from '../../../../server/ivr/index.ts';
import type { JsonSchema } from '../../editor/completion.ts';
import { FindingCount, FindingList } from '../../editor/findings.tsx';
import { JsonEditor, type Mark } from '../../editor/json-editor.tsx';
import { Versions } from '../../editor/versions.tsx';
import { Failure } from '../../parts/failure.tsx';
import { ask, RestFailed, rest, useRest } from '../../rest.ts';
import { goTo, hrefOf } from '../../route.ts';
import { FlowPicture, type Way } from './flow-picture.tsx';
import { FlowTestsPane } from './flow-tests.tsx';
import { type FlowNames, flowNamesAt } from './names-at.ts';
import { type Simulation, Simulator } from './simulator.tsx';
import { type FlowWord, useFlowWords } from './words.ts';

interface Summary {
  flow: string;
  state: 'current' | 'kept' | 'refused' | 'removed';
  version?: string;
  findings: Mark[];
}

const panes = ['picture', 'simulate', 'tests', 'versions'] as const;
type Pane = (typeof panes)[number];

const dayMs = 86_400_000;
const none: Mark[] = [];
// As it is read from JSON, its type is that of this very document.
const schema = flowSchema as unknown as JsonSchema;

export default function FlowsPage({ rest: [open] }: { rest: string[] }) {
  const say = useFlowWords();
  const { data, failed, reload } = useRest<{ flows: Summary[] }>('/flows');
  const flows = data?.flows ?? [];
  const summary = flows.find(({ flow }) => flow === open) ?? (open === undefined ? flows[0] : undefined);
  const create = () => {
    const name = window.prompt(say('new-name'))?.trim();
    if (name !== undefined && name !== '') goTo('admin', 'flows', name);
  };
  return (
    <>
      <header className="page-head">
        <h1>{say('title')}</h1>
        <nav className="views" aria-label={say('title')}>
          {flows.map((one) => (
            <a
              key={one.flow}
              href={hrefOf('admin', 'flows', one.flow)}
              aria-current={one === summary ? 'page' : undefined}
              data-state={one.state}
            >
              {one.flow}
              {one.state !== 'current' && ' ⚠'}
            </a>
          ))}
        </nav>
        <div className="space" />
        <button type="button" className="secondary" onClick={create}>
          {say('new')}
        </button>
      </header>
      <Failure of={failed} onRetry={reload} />
      {data !== undefined && (summary !== undefined || open !== undefined) && (
        <FlowEditor
          key={summary?.flow ?? open}
          flow={summary?.flow ?? open ?? ''}
          summary={summary}
          others={flows.map(({ flow }) => flow)}
          onSaved={reload}
        />
      )}
    </>
  );
}

/** What a new flow begins with. */
function begun(flow: string): string {
  const text = {
    $schema: './flow.schema.json',
    flow,
    languages: ['en', 'zh'],
    start: 'welcome',
    nodes: {
      welcome: { type: 'say', prompt: { en: 'Welcome.', zh: '欢迎致电。' }, next: 'bye' },
      bye: { type: 'hangup' },
    },
  };
  return `${JSON.stringify(text, undefined, 2)}\n`;
}

function FlowEditor({
  flow,
  summary,
  others,
  onSaved,
}: {
  flow: string;
  summary: Summary | undefined;
  others: string[];
  onSaved: () => void;
}) {
  const say = useFlowWords();
  const path = `/flows/${encodeURIComponent(flow)}`;
  const isNew = summary === undefined;
  const [saved, setSaved] = useState<string | undefined>(isNew ? '' : undefined);
  const [text, setText] = useState(isNew ? begun(flow) : '');
  /** Undefined until the checker has spoken. */
  const [found, setMarks] = useState<Mark[]>();
  const marks = found ?? none;
  const [picture, setPicture] = useState<Picture>();
  const [failed, setFailed] = useState<RestFailed>();
  const [pane, setPane] = useState<Pane>('picture');
  const [line, setLine] = useState<{ line: number }>();
  const [simulation, setSimulation] = useState<Simulation>();
  const [busy, setBusy] = useState(false);
  const [since] = useState(() => Date.now() - 7 * dayMs);
  const { data: traffic } = useRest<{ ways: Way[] }>(isNew ? undefined : `${path}/traffic`, { since }, 30_000);
  const { data: queues } = useRest<{ queues: { id: string }[] }>('/queues');
  const { data: skills } = useRest<{ skills: { name: string }[] }>('/skills');
  const { data: hours } = useRest<{ hours: { name: string }[] }>('/hours');
  const names = useMemo<FlowNames>(
    () => ({
      flows: others,
      queues: queues?.queues.map(({ id }) => id) ?? [],
      skills: skills?.skills.map(({ name }) => name) ?? [],
      hours: hours?.hours.map(({ name }) => name) ?? [],
    }),
    [others, queues, skills, hours],
  );
  const dirty = saved !== undefined && text !== saved;
  const errors = marks.filter(({ severity }) => severity === 'error').length;

  useEffect(() => {
    if (isNew) return;
    const stop = new AbortController();
    ask(path, { signal: stop.signal })
      .then(async (response) => {
        const file = await response.text();
        setSaved(file);
        setText(file);
      })
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        if (!(error instanceof RestFailed)) throw error;
        setFailed(error);
      });
    return () => stop.abort();
  }, [path, isNew]);

  // Checked a moment after the last key.
  useEffect(() => {
    if (saved === undefined) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      rest<{ findings: Mark[]; picture?: Picture }>(`${path}/check`, {
        method: 'POST',
        body: text,
        signal: stop.signal,
      })
        .then(({ findings, picture: drawn }) => {
          setMarks(findings);
          // While a text is no flow, the picture of the last one stays.
          if (drawn !== undefined) setPicture(drawn);
        })
        .catch((error: unknown) => {
          if (stop.signal.aborted) return;
          if (!(error instanceof RestFailed)) throw error;
          setFailed(error);
        });
    }, 250);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [path, text, saved]);

  // What was not saved is not lost by closing the page.
  useEffect(() => {
    if (!dirty) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [dirty]);

  const save = useCallback(async () => {
    setBusy(true);
    setFailed(undefined);
    try {
      await rest(path, { method: 'PUT', body: text });
      setSaved(text);
      onSaved();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    } finally {
      setBusy(false);
    }
  }, [path, text, onSaved]);

  const openNode = (node: string) => {
    const at = text.split('\n').findIndex((one) => new RegExp(`^\\s*${JSON.stringify(node)}\\s*:\\s*\\{`).test(one));
    if (at >= 0) setLine({ line: at + 1 });
  };
  const visited = useMemo(() => {
    const own = simulation?.visited.filter((one) => one.startsWith(`${flow}/`)) ?? [];
    return new Set(own.map((one) => one.slice(flow.length + 1)));
  }, [simulation, flow]);

  if (saved === undefined) return <Failure of={failed} />;
  return (
    <div className="flow">
      <section className="card flow-text" aria-label={say('text')}>
        <header className="card-head">
          <h2>{flow}.json</h2>
          <FindingCount marks={found} />
          <span className="space" />
          {dirty && (
            <button type="button" className="ghost small" onClick={() => setText(saved === '' ? begun(flow) : saved)}>
              {say('discard')}
            </button>
          )}
          <button
            type="button"
            className="primary"
            aria-keyshortcuts="Control+S"
            disabled={!dirty || errors > 0 || busy}
            onClick={() => void save()}
          >
            {say('activate')}
          </button>
        </header>
        <Failure of={failed} />
        <JsonEditor
          label={`${flow}.json`}
          text={text}
          onChange={setText}
          onSave={() => {
            if (dirty && errors === 0) void save();
          }}
          marks={marks}
          schema={schema}
          namesAt={flowNamesAt(names)}
          goTo={line}
        />
        <FindingList marks={marks} onGo={(at) => setLine({ line: at })} />
      </section>
      <section className="card flow-side" aria-label={say(`pane.${pane}` as FlowWord)}>
        <div className="views" role="tablist" aria-label={say('panes')}>
          {panes.map((one) => (
            <button
              key={one}
              type="button"
              role="tab"
              aria-selected={one === pane}
              disabled={isNew && (one === 'tests' || one === 'versions')}
              onClick={() => setPane(one)}
            >
              {say(`pane.${one}`)}
            </button>
          ))}
        </div>
        {pane === 'simulate' && <Simulator flow={flow} text={text} onState={setSimulation} />}
        {pane === 'tests' && <FlowTestsPane flow={flow} />}
        {pane === 'versions' && (
          <Versions
            of={path}
            current={summary?.version}
            text={text}
            onTake={(old) => {
              setText(old);
              setPane('picture');
            }}
          />
        )}
        {(pane === 'picture' || pane === 'simulate') && picture !== undefined && (
          <FlowPicture
            picture={picture}
            ways={traffic?.ways ?? []}
            visited={visited}
            at={simulation?.node}
            onOpen={openNode}
          />
        )}
      </section>
    </div>
  );
}
