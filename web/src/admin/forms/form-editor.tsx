// Sections and questions of an evaluation form, with their weights; beside it how it will look, with its score.
import { type FormEvent, useEffect, useState } from 'react';
import { scoreOf } from '../../../../server/quality/score.ts';
import { ChangedDialog } from '../../editor/changed-dialog.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useUnsaved } from '../../parts/unsaved.ts';
import { Questions } from '../../quality/questions.tsx';
import type { Answers, EvaluationForm } from '../../quality/types.ts';
import { RestFailed, rest } from '../../rest.ts';
import { cleaned, freeId, type Section, shareOf } from './draft.ts';
import { Both, QuestionFields } from './question-fields.tsx';
import { useFormWords } from './words.ts';

/** What is put; a form that does not exist yet has no id. */
export type Draft = Pick<EvaluationForm, 'name' | 'sections' | 'retired'> & { id?: string; team?: string | undefined };

export function FormEditor({
  form,
  from,
  taken,
  onSaved,
  onClose,
}: {
  form: EvaluationForm | undefined;
  /** An earlier version that it starts from. */
  from: number | undefined;
  /** Ids that a new one cannot have. */
  taken: readonly string[];
  onSaved: (form: EvaluationForm) => void;
  onClose: () => void;
}) {
  const say = useFormWords();
  const { before, keep } = useUnsaved<{ id: string; draft: Draft; basis: number | undefined }>(
    `forms/${form?.id ?? '+'}/${from ?? 'newest'}`,
  );
  const [id, setId] = useState(before?.id ?? '');
  const [begun, setBegun] = useState<Draft>(() => form ?? empty());
  const [draft, setDraft] = useState(before?.draft ?? begun);
  /** The version that it is to follow; undefined: there is none yet. */
  const [basis, setBasis] = useState(before === undefined ? form?.version : before.basis);
  const [newer, setNewer] = useState<EvaluationForm>();
  const dirty = draft !== begun || id !== '';
  useEffect(() => keep(dirty ? { id, draft, basis } : undefined), [keep, dirty, id, draft, basis]);
  const [answers, setAnswers] = useState<Answers>({});
  const [failed, setFailed] = useState<RestFailed>();
  const [saved, setSaved] = useState<number>();
  const { sections } = draft;

  const setSections = (next: Section[]) => setDraft({ ...draft, sections: next });
  const setSection = (at: number, change: Partial<Section>) =>
    setSections(sections.map((one, place) => (place === at ? { ...one, ...change } : one)));
  const path = `/quality/forms/${encodeURIComponent(form?.id ?? id)}`;
  /** @param follows the version that is there as far as she knows */
  const save = async (follows: number | undefined) => {
    setFailed(undefined);
    setNewer(undefined);
    setSaved(undefined);
    if (form === undefined && taken.includes(id)) {
      setFailed(new RestFailed(409, 'taken', say('taken', { id })));
      return;
    }
    try {
      const { name, retired, team } = draft;
      const body = { name: withoutEmpty(name), sections: cleaned(sections, withoutEmpty), retired, team };
      const replaces = follows === undefined ? null : `"${follows}"`;
      const done = await rest<EvaluationForm>(path, { method: 'PUT', body, replaces });
      setSaved(done.version);
      setBasis(done.version);
      setBegun(draft);
      keep(undefined);
      onSaved(done);
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      if (error.code === 'changed-meanwhile') await look(error);
      else setFailed(error);
    }
  };
  /** What somebody else made of it. @param otherwise told where that cannot be read */
  const look = async (otherwise: RestFailed) => {
    try {
      setNewer(await rest<EvaluationForm>(path));
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(otherwise);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save(basis);
  };
  const title = form?.id ?? say('new');
  return (
    <form className="card record-form" aria-label={title} onSubmit={submit}>
      <header className="card-head">
        <h2>{title}</h2>
        {form !== undefined && (
          <span className="chip">
            {say('version')} {form.version}
          </span>
        )}
        <div className="space" />
        <button type="button" className="ghost round" aria-label={say('close')} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {form === undefined && (
        <label className="field">
          {say('id')}
          <input
            required
            pattern="[a-z0-9][a-z0-9\-]{0,63}"
            value={id}
            spellCheck={false}
            onChange={(event) => setId(event.target.value)}
          />
          <span className="hint">{say('id-hint')}</span>
        </label>
      )}
      <Both what={say('name')} value={draft.name} onChange={(name) => setDraft({ ...draft, name })} />
      <label className="check">
        <input
          type="checkbox"
          checked={draft.retired}
          onChange={(event) => setDraft({ ...draft, retired: event.target.checked })}
        />
        {say('retired')}
      </label>
      {sections.map((section, at) => (
        <fieldset key={section.id} className="form-section rows">
          <legend>
            <h3>
              {say('section', { number: at + 1 })}{' '}
              <span className="muted">{say('share', { share: shareOf(sections, section) })}</span>
            </h3>
          </legend>
          <Both what={say('name')} value={section.name} onChange={(name) => setSection(at, { name })} />
          <label className="field">
            {say('weight')}
            <input
              type="number"
              min={0}
              max={1000}
              step="any"
              required
              value={section.weight}
              onChange={(event) => setSection(at, { weight: event.target.valueAsNumber || 0 })}
            />
          </label>
          {section.questions.map((question, place) => (
            <QuestionFields
              key={question.id}
              number={place + 1}
              question={question}
              only={section.questions.length === 1}
              onChange={(changed) =>
                setSection(at, { questions: section.questions.map((one, other) => (other === place ? changed : one)) })
              }
              onRemove={() => setSection(at, { questions: section.questions.filter((_, other) => other !== place) })}
            />
          ))}
          <div className="account-actions">
            <button
              type="button"
              className="secondary small"
              onClick={() =>
                setSection(at, { questions: [...section.questions, question(freeId('q', allQuestions(sections)))] })
              }
            >
              {say('add-question')}
            </button>
            {at > 0 && (
              <button
                type="button"
                className="ghost small"
                onClick={() => setSections(sections.toSpliced(at - 1, 2, section, sections[at - 1]!))}
              >
                {say('up', { what: say('section', { number: at + 1 }) })}
              </button>
            )}
            {sections.length > 1 && (
              <button
                type="button"
                className="quiet-danger small"
                onClick={() => setSections(sections.filter((_, other) => other !== at))}
              >
                {say('remove-section', { number: at + 1 })}
              </button>
            )}
          </div>
        </fieldset>
      ))}
      <button
        type="button"
        className="secondary"
        onClick={() =>
          setSections([
            ...sections,
            {
              id: freeId('s', sections),
              name: {},
              weight: 1,
              questions: [question(freeId('q', allQuestions(sections)))],
            },
          ])
        }
      >
        {say('add-section')}
      </button>
      <section className="form-section" aria-label={say('preview')}>
        <h3>
          {say('preview')} · {say('preview-score')}{' '}
          <output className="figures">{Math.round(scoreOf({ sections }, answers).total)}</output>
        </h3>
        <Questions sections={sections} answers={answers} onAnswer={setAnswers} />
      </section>
      <Failure of={failed} />
      {newer !== undefined && (
        <ChangedDialog
          what={title}
          by={newer.by}
          at={newer.at}
          onLoad={() => {
            setNewer(undefined);
            setBasis(newer.version);
            setBegun(newer);
            setDraft(newer);
          }}
          onOverwrite={() => void save(newer.version)}
          onClose={() => setNewer(undefined)}
        />
      )}
      <footer className="form-foot">
        <span className="muted">{say('save-hint')}</span>
        {saved !== undefined && <span className="saved">{say('saved', { version: saved })}</span>}
        <span className="space" />
        {dirty && (
          <button
            type="button"
            className="ghost"
            onClick={() => {
              setId('');
              setDraft(begun);
              setFailed(undefined);
            }}
          >
            {say('discard')}
          </button>
        )}
        <button type="submit" className="primary">
          {say('save')}
        </button>
      </footer>
    </form>
  );
}

function question(id: string): Section['questions'][number] {
  return { id, text: {}, kind: 'yes-no', max: 5, weight: 1, knockout: false, optional: false };
}

function empty(): Draft {
  return {
    name: {},
    retired: false,
    sections: [{ id: 's1', name: {}, weight: 1, questions: [question('q1')] }],
  };
}

function allQuestions(sections: Section[]): Section['questions'] {
  return sections.flatMap(({ questions }) => questions);
}

/** A language that was left empty is not there. */
function withoutEmpty(names: Section['name']): Section['name'] {
  return Object.fromEntries(Object.entries(names).filter(([, text]) => text?.trim() !== ''));
}
