// Evaluation forms: their list, the editor of one, and how it was in earlier versions.
import './forms.css';
import { useState } from 'react';
import { nameIn } from '../../i18n/translate.ts';
import { usePreferences } from '../../panel-context.ts';
import { Failure } from '../../parts/failure.tsx';
import { Questions } from '../../quality/questions.tsx';
import type { EvaluationForm } from '../../quality/types.ts';
import { useRest } from '../../rest.ts';
import { goTo, hrefOf } from '../../route.ts';
import { FormEditor } from './form-editor.tsx';
import { useFormWords } from './words.ts';

/** The address of a form that does not exist yet. */
const fresh = '+';

export default function FormsPage({ title, rest: [open] }: { title: string; rest: string[] }) {
  const { language } = usePreferences();
  const say = useFormWords();
  const { data, failed, reload } = useRest<{ forms: EvaluationForm[] }>('/quality/forms');
  const one = data?.forms.find(({ id }) => id === open);
  /** An earlier version to start from. */
  const [taken, setTaken] = useState<EvaluationForm>();
  const edited = taken !== undefined && taken.id === one?.id ? { ...taken, version: one.version } : one;
  return (
    <>
      <header className="page-head">
        <h1>{title}</h1>
        <span className="muted figures">{data?.forms.length}</span>
        <div className="space" />
        <button type="button" className="primary" onClick={() => goTo('admin', 'forms', fresh)}>
          {say('add')}
        </button>
      </header>
      <Failure of={failed} onRetry={reload} />
      <div className="records" data-open={open !== undefined}>
        <section className="card scroll" aria-label={title}>
          <table>
            <thead>
              <tr>
                <th scope="col">{say('id')}</th>
                <th scope="col">{say('name')}</th>
                <th scope="col" className="number">
                  {say('version')}
                </th>
                <th scope="col" className="number">
                  {say('questions')}
                </th>
                <th scope="col">{say('by')}</th>
              </tr>
            </thead>
            <tbody>
              {data?.forms.map((form) => (
                <tr key={form.id} aria-selected={form.id === open}>
                  <th scope="row">
                    <a href={hrefOf('admin', 'forms', form.id)}>{form.id}</a>
                  </th>
                  <td>
                    {nameIn(language, form.name, form.id)}
                    {form.retired && <span className="muted"> · {say('retired')}</span>}
                  </td>
                  <td className="number">{form.version}</td>
                  <td className="number">{form.sections.reduce((sum, { questions }) => sum + questions.length, 0)}</td>
                  <td>{form.by}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {data?.forms.length === 0 && <p className="muted">{say('none')}</p>}
        </section>
        {data !== undefined && (open === fresh || one !== undefined) && (
          <div className="form-side">
            <FormEditor
              key={`${open} ${taken?.version ?? ''}`}
              form={edited}
              from={taken?.id === open ? taken?.version : undefined}
              taken={data.forms.map(({ id }) => id)}
              onSaved={({ id }) => {
                reload();
                goTo('admin', 'forms', id);
              }}
              onClose={() => goTo('admin', 'forms')}
            />
            {one !== undefined && one.version > 1 && <Versions of={one} onTake={setTaken} />}
          </div>
        )}
      </div>
    </>
  );
}

function Versions({ of: { id, version }, onTake }: { of: EvaluationForm; onTake: (form: EvaluationForm) => void }) {
  const { language } = usePreferences();
  const say = useFormWords();
  const [shown, setShown] = useState<number>();
  const { data, failed } = useRest<EvaluationForm>(
    shown === undefined ? undefined : `/quality/forms/${encodeURIComponent(id)}`,
    { version: shown },
  );
  return (
    <section className="card" aria-label={say('version')}>
      <div className="account-actions">
        {Array.from({ length: version - 1 }, (_, at) => version - 1 - at).map((one) => (
          <button
            key={one}
            type="button"
            className="secondary small"
            aria-pressed={shown === one}
            onClick={() => setShown(shown === one ? undefined : one)}
          >
            {say('version')} {one}
          </button>
        ))}
      </div>
      {shown !== undefined && <Failure of={failed} />}
      {shown !== undefined && data !== undefined && (
        <>
          <p className="muted">
            {say('old-version', { version: shown })} {nameIn(language, data.name, id)} · {data.by}
          </p>
          <Questions sections={data.sections} answers={{}} />
          <button type="button" className="secondary small" onClick={() => onTake(data)}>
            {say('take')}
          </button>
        </>
      )}
    </section>
  );
}
