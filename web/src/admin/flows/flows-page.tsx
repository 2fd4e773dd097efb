// Flows: their JSON with completion and the checker's marks, beside it the picture, a simulator, tests and versions.
import '../../editor/editor.css';
import './flows.css';
import { useMemo, useState } from 'react';
import flowSchema from '../../../../ivr-flows/flow.schema.json' with { type: 'json' };
import type { FlowPicture as Picture } from '../../../../server/ivr/index.ts';
import type { JsonSchema } from '../../editor/completion.ts';
import { FileConflict } from '../../editor/file-conflict.tsx';
import { FindingCount, FindingList } from '../../editor/findings.tsx';
import { JsonEditor, type Mark } from '../../editor/json-editor.tsx';
import { useCheckedFile } from '../../editor/use-checked-file.ts';
import { Versions } from '../../editor/versions.tsx';
import { Failure } from '../../parts/failure.tsx';
import { useRest } from '../../rest.ts';
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
// As it is read from JSON, its type is that of this very document.
const schema = flowSchema as unknown as JsonSchema;
const pictureOf = ({ picture }: { picture?: Picture }) => picture;

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
  const file = useCheckedFile({
    path,
    source: isNew ? undefined : path,
    begun: begun(flow),
    look: pictureOf,
    onSent: onSaved,
  });
  const { saved, text, setText, marks, errors, seen: picture, dirty, busy, send } = file;
  const [pane, setPane] = useState<Pane>('picture');
  const [line, setLine] = useState<{ line: number }>();
  const [simulation, setSimulation] = useState<Simulation>();
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
  const save = () => send(() => file.put(path));

  const openNode = (node: string) => {
    const at = text.split('\n').findIndex((one) => new RegExp(`^\\s*${JSON.stringify(node)}\\s*:\\s*\\{`).test(one));
    if (at >= 0) setLine({ line: at + 1 });
  };
  const visited = useMemo(() => {
    const own = simulation?.visited.filter((one) => one.startsWith(`${flow}/`)) ?? [];
    return new Set(own.map((one) => one.slice(flow.length + 1)));
  }, [simulation, flow]);

  if (saved === undefined) return <Failure of={file.failed} />;
  return (
    <div className="flow">
      <section className="card flow-text" aria-label={say('text')}>
        <header className="card-head">
          <h2>{flow}.json</h2>
          <FindingCount marks={file.found} />
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
        <Failure of={file.failed} />
        <FileConflict file={`${flow}.json`} text={text} of={file.conflict} />
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
