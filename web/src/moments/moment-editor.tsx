// One moment: its text with the checker's marks, and beside it the rule in words, a trial, its tests, what it did, versions.
import { type ReactNode, useMemo, useState } from 'react';
import momentSchema from '../../../moments/moment.schema.json' with { type: 'json' };
import type { Moment } from '../../../server/moments/schema.ts';
import type { JsonSchema } from '../editor/completion.ts';
import { FileConflict } from '../editor/file-conflict.tsx';
import { FindingCount, FindingList } from '../editor/findings.tsx';
import { JsonEditor } from '../editor/json-editor.tsx';
import { useCheckedFile } from '../editor/use-checked-file.ts';
import { Versions } from '../editor/versions.tsx';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { rest, useRest } from '../rest.ts';
import { goTo } from '../route.ts';
import { Lately } from './lately.tsx';
import { momentNamesAt } from './names-at.ts';
import { RuleWords } from './rule-words.tsx';
import { TestsPane } from './tests-pane.tsx';
import { TryPane } from './try-pane.tsx';
import type { MomentSummary } from './types.ts';
import { useMomentWords } from './words.ts';

const panes = ['words', 'try', 'tests', 'lately', 'versions'] as const;
type Pane = (typeof panes)[number];
// As it is read from JSON, its type is that of this very document.
const schema = momentSchema as unknown as JsonSchema;
const ruleOf = ({ rule }: { rule?: Moment }) => rule;

/** What a new moment begins with. */
function begun(moment: string): string {
  const text = {
    $schema: './moment.schema.json',
    moment,
    note: '',
    rank: 50,
    class: 'minutes',
    when: { event: 'payment-failed', count: 2, within: '30m' },
    do: [
      { tag: moment, for: '2h' },
      { hint: { en: '{customer.name|She} had trouble paying.', zh: '{customer.name|客户}付款遇到问题。' } },
    ],
    again: '1d',
  };
  return `${JSON.stringify(text, undefined, 2)}\n`;
}

export function MomentEditor({
  moment,
  summary,
  effect,
  onSaved,
}: {
  moment: string;
  /** Undefined: there is none of that name yet. */
  summary: MomentSummary | undefined;
  effect: ReactNode;
  onSaved: () => void;
}) {
  const say = useMomentWords();
  const { state } = usePanel();
  const path = `/moments/${encodeURIComponent(moment)}`;
  const isNew = summary === undefined;
  const isDraft = summary?.draft !== undefined;
  const mayUse = state.setup?.me.roles.includes('admin') === true;
  const file = useCheckedFile({
    path,
    source: isNew ? undefined : isDraft ? `${path}/draft` : path,
    beside: isDraft && summary.state !== 'draft' ? path : undefined,
    begun: begun(moment),
    look: ruleOf,
    first: summary?.rule,
    onSent: onSaved,
  });
  const { saved, text, setText, marks, errors, seen: rule, dirty, busy, send } = file;
  const [pane, setPane] = useState<Pane>('words');
  const [line, setLine] = useState<{ line: number }>();
  const { data: others } = useRest<{ moments: MomentSummary[] }>('/moments');
  const { data: queues } = useRest<{ queues: { id: string }[] }>('/queues');
  const { data: skills } = useRest<{ skills: { name: string }[] }>('/skills');
  const namesAt = useMemo(
    () =>
      momentNamesAt({
        moments: others?.moments ?? [],
        queues: queues?.queues.map(({ id }) => id) ?? [],
        skills: skills?.skills.map(({ name }) => name) ?? [],
      }),
    [others, queues, skills],
  );
  const use = () =>
    send(() => {
      // Only the draft that she saw is done with.
      const tag = file.tagOf(`${path}/draft`);
      return file.put(path, { draft: tag === null ? 'none' : tag.slice(1, -1) });
    });
  const keep = () => send(() => file.put(`${path}/draft`));
  const drop = () => send(() => rest(`${path}/draft`, { method: 'DELETE' }));
  const remove = () => {
    if (!window.confirm(say('confirm-remove', { moment }))) return;
    const replaces = file.tagOf(path) ?? undefined;
    void send(async () => {
      await rest(path, { method: 'DELETE', replaces });
      file.forget();
      goTo('floor', 'moments');
    });
  };
  const mayActivate = mayUse && errors === 0 && !busy && (dirty || isDraft);

  if (saved === undefined) return <Failure of={file.failed} />;
  return (
    <div className="moment-editor">
      <section className="card" aria-label={say('text')}>
        <header className="card-head">
          <h2>{moment}.json</h2>
          <FindingCount marks={file.found} />
          <span className="space" />
          {mayUse && !isNew && (
            <button type="button" className="quiet-danger small" disabled={busy} onClick={remove}>
              {say('remove')}
            </button>
          )}
          {dirty && (
            <button type="button" className="ghost small" onClick={() => setText(saved === '' ? begun(moment) : saved)}>
              {say('discard')}
            </button>
          )}
          {isDraft && !dirty && (
            <button type="button" className="ghost small" disabled={busy} onClick={() => void drop()}>
              {say('drop-draft')}
            </button>
          )}
          <button type="button" className="secondary small" disabled={!dirty || busy} onClick={() => void keep()}>
            {say('save-draft')}
          </button>
          {mayUse && (
            <button
              type="button"
              className="primary small"
              aria-keyshortcuts="Control+S"
              disabled={!mayActivate}
              onClick={() => void use()}
            >
              {say('activate')}
            </button>
          )}
        </header>
        {summary?.draft !== undefined && (
          <p className="draft-note">
            {say('is-draft', { by: summary.draft.by })} {!mayUse && say('admin-saves')}
          </p>
        )}
        <Failure of={file.failed} />
        <FileConflict file={`${moment}.json`} text={text} of={file.conflict} />
        <JsonEditor
          label={`${moment}.json`}
          text={text}
          onChange={setText}
          onSave={() => {
            if (mayActivate) void use();
            else if (!mayUse && dirty && !busy) void keep();
          }}
          marks={marks}
          schema={schema}
          namesAt={namesAt}
          goTo={line}
        />
        <FindingList marks={marks} onGo={(at) => setLine({ line: at })} />
      </section>
      <section className="card moment-side" aria-label={say(`pane.${pane}`)}>
        <div className="views" role="tablist" aria-label={say('panes')}>
          {panes.map((one) => (
            <button
              key={one}
              type="button"
              role="tab"
              aria-selected={one === pane}
              disabled={isNew && one === 'lately'}
              onClick={() => setPane(one)}
            >
              {say(`pane.${one}`)}
            </button>
          ))}
        </div>
        {pane === 'words' &&
          (rule === undefined ? <p className="muted">{say('not-yet')}</p> : <RuleWords rule={rule} whole />)}
        {pane === 'words' && !isNew && effect}
        {pane === 'try' && <TryPane moment={moment} text={text} rule={rule} />}
        {pane === 'tests' && <TestsPane moment={moment} text={text} />}
        {pane === 'lately' && <Lately moment={moment} />}
        {pane === 'versions' && (
          <Versions
            of={path}
            current={summary?.version}
            text={text}
            onTake={(old) => {
              setText(old);
              setPane('words');
            }}
          />
        )}
      </section>
    </div>
  );
}
