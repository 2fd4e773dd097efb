import { type FormEvent, useEffect, useMemo, useState } from 'react';
import { usePreferences } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { Icon } from '../parts/icon.tsx';
import { useUnsaved } from '../parts/unsaved.ts';
import { RestFailed, rest, useRest } from '../rest.ts';
import { Field } from './field.tsx';
import { FormContext, type FormTools } from './form-context.ts';
import type { Choices, Kind } from './kinds.ts';
import { address, type DirectoryRecord } from './records-page.tsx';
import { bodySchema, emptyOf, known, type Resolve, type Schema } from './schema.ts';
import { type AdminWord, labelOf, useAdminWords } from './words.ts';

/** What was typed, and what it was typed over. */
interface Typed {
  key: string;
  values: DirectoryRecord;
  basis: DirectoryRecord | undefined;
}

/** A record that was just saved, with what is told of it only once. */
export interface Made {
  key: string;
  secret?: string;
}

/** Creates a record, or changes or removes one. */
export function RecordForm({
  kind,
  record,
  made,
  onSaved,
  onChanged,
  onRemoved,
  onClose,
}: {
  kind: Kind;
  /** Undefined: a new one. */
  record: DirectoryRecord | undefined;
  /** It was made in this form a moment ago; what was generated for it is shown this once. */
  made: Made | undefined;
  onSaved: (made: Made) => void;
  /** By somebody else: it stands differently in the list now. */
  onChanged: () => void;
  onRemoved: () => void;
  onClose: () => void;
}) {
  const { language } = usePreferences();
  const say = useAdminWords();
  const [form, setForm] = useState<{ schema: Schema; resolve: Resolve }>();
  const own = String(record?.[kind.key] ?? '');
  const { before, keep } = useUnsaved<Typed>(`${kind.name}/${record === undefined ? '+' : own}`);
  const [key, setKey] = useState(before?.key ?? own);
  const [values, setValues] = useState<DirectoryRecord>(before?.values ?? record ?? {});
  /** The record that the values were made from. */
  const [basis, setBasis] = useState(before === undefined ? record : before.basis);
  /** As it stands, as far as is known here. */
  const [latest, setLatest] = useState(record);
  const [typed, setTyped] = useState(before !== undefined);
  const [failed, setFailed] = useState<RestFailed>();
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(made !== undefined);
  const [secret, setSecret] = useState(made?.secret);
  const choices = useChoices(kind);
  const isNew = record === undefined;

  useEffect(() => {
    bodySchema(kind.name).then(
      (found) => {
        setForm(found);
        if (isNew && before === undefined) setValues(emptyOf(found.schema, found.resolve) as DirectoryRecord);
      },
      (error: RestFailed) => setFailed(error),
    );
  }, [kind, isNew, before]);
  useEffect(() => keep(typed ? { key, values, basis } : undefined), [keep, typed, key, values, basis]);

  const tools = useMemo<FormTools | undefined>(() => {
    if (form === undefined) return undefined;
    const field = failed?.field;
    return {
      of: kind.name,
      resolve: form.resolve,
      references: (name) => (kind.references[name] === undefined ? undefined : choices[kind.references[name]]),
      wrong: failed === undefined || field === undefined ? undefined : { field, message: failed.message },
    };
  }, [form, kind, choices, failed]);
  if (form === undefined || tools === undefined) return <Failure of={failed} />;

  const sections = sectionsOf(kind, form.schema);
  const properties = form.schema.properties ?? {};
  const act = async (what: () => Promise<void>) => {
    setBusy(true);
    setFailed(undefined);
    setSaved(false);
    try {
      await what();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    } finally {
      setBusy(false);
    }
  };
  const path = `/${kind.name}/${encodeURIComponent(address(kind, key))}`;
  const save = (event: FormEvent) => {
    event.preventDefault();
    void act(async () => {
      const now = await present(path);
      if (JSON.stringify(now) !== JSON.stringify(basis)) {
        if (isNew) throw new RestFailed(409, 'taken', say('taken', { key }), kind.key);
        // Whoever reads this and saves again wants hers to stand.
        setBasis(now);
        setLatest(now);
        if (now !== undefined) onChanged();
        throw new RestFailed(409, 'changed', say('changed-meanwhile'));
      }
      const body = known(values, form.schema, form.resolve);
      const { password, ...answer } = await rest<DirectoryRecord>(path, { method: 'PUT', body });
      const shown = typeof password === 'string' ? { secret: password } : {};
      setBasis(answer);
      setLatest(answer);
      setSaved(true);
      setTyped(false);
      keep(undefined);
      if (shown.secret !== undefined) setSecret(shown.secret);
      onSaved({ key, ...shown });
    });
  };
  const discard = () => {
    if (!isNew && latest === undefined) {
      keep(undefined);
      onRemoved();
      return;
    }
    setValues(latest ?? (emptyOf(form.schema, form.resolve) as DirectoryRecord));
    setBasis(latest);
    setKey(own);
    setTyped(false);
    setFailed(undefined);
  };
  const remove = () => {
    if (!window.confirm(say('confirm-remove', { key }))) return;
    void act(async () => {
      await rest(path, { method: 'DELETE' });
      keep(undefined);
      onRemoved();
    });
  };
  const resetPassword = () =>
    act(async () => {
      const answer = await rest<{ password?: string }>(`${path}/password`, { method: 'POST', body: {} });
      setSecret(answer.password);
    });

  return (
    <form className="card record-form" onSubmit={save} aria-label={record === undefined ? say('new') : key}>
      <header className="card-head">
        <h2>{record === undefined ? say('new') : key || say('everything')}</h2>
        <div className="space" />
        <button type="button" className="ghost round" aria-label={say('close')} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <FormContext value={tools}>
        {record === undefined && (
          <div className="field">
            <label htmlFor="record-key">{labelOf(language, kind.key)} *</label>
            <input
              id="record-key"
              value={key}
              required={kind.emptyKey === undefined}
              onChange={(event) => {
                setKey(event.target.value);
                setTyped(true);
              }}
            />
          </div>
        )}
        {sections.map(({ name, fields }) => (
          <section key={name} className="form-section">
            {name !== '' && <h3>{say(`section.${name}` as AdminWord)}</h3>}
            {fields.map((field) => (
              <Field
                key={field}
                name={field}
                at={field}
                schema={properties[field] ?? {}}
                required={form.schema.required?.includes(field) ?? false}
                value={values[field]}
                onChange={(value) => {
                  setValues((now) => ({ ...now, [field]: value }));
                  setTyped(true);
                  setSaved(false);
                }}
              />
            ))}
          </section>
        ))}
      </FormContext>
      <Failure of={failed} />
      {secret !== undefined && (
        <p className="secret" role="status">
          {say('secret')} <code>{secret}</code>
        </p>
      )}
      <footer className="form-foot">
        {record !== undefined && (
          <button type="button" className="quiet-danger" disabled={busy} onClick={remove}>
            {say('remove')}
          </button>
        )}
        {record !== undefined && kind.name === 'agents' && (
          <button type="button" className="secondary" disabled={busy} onClick={resetPassword}>
            {say('new-password')}
          </button>
        )}
        <span className="space" />
        {saved && (
          <span className="saved" role="status">
            {say('saved')}
          </span>
        )}
        {typed && (
          <button type="button" className="ghost" disabled={busy} onClick={discard}>
            {say('discard')}
          </button>
        )}
        <button type="submit" className="primary" disabled={busy}>
          {say('save')}
        </button>
      </footer>
    </form>
  );
}

/** The record as it is now; undefined where there is none. @throws RestFailed */
async function present(path: string): Promise<DirectoryRecord | undefined> {
  try {
    return await rest<DirectoryRecord>(path);
  } catch (error) {
    if (error instanceof RestFailed && error.status === 404) return undefined;
    throw error;
  }
}

/** The fields of the form in the sections of their kind; what no section names stands in the last. */
function sectionsOf(kind: Kind, schema: Schema): { name: string; fields: string[] }[] {
  const all = Object.keys(schema.properties ?? {});
  const named = kind.sections.map(({ name, fields }) => ({ name, fields: fields.filter((one) => all.includes(one)) }));
  const rest = all.filter((one) => !named.some(({ fields }) => fields.includes(one)));
  if (rest.length === 0) return named;
  return [...named, { name: named.length > 0 ? 'more' : '', fields: rest }];
}

/** The names that fields of this kind choose from. */
function useChoices(kind: Kind): Partial<Record<Choices, string[]>> {
  const wanted = new Set(Object.values(kind.references));
  const queues = useNames(wanted.has('queues'), 'queues', 'id');
  const hours = useNames(wanted.has('hours'), 'hours', 'name');
  const skills = useNames(wanted.has('skills'), 'skills', 'name');
  const flows = useNames(wanted.has('flows'), 'flows', 'flow');
  const trunks = useNames(wanted.has('trunks'), 'trunks', 'name');
  const agents = useNames(wanted.has('agents'), 'agents', 'id');
  const users = useNames(wanted.has('sip-users'), 'sip-users', 'user');
  return useMemo(
    () => ({ queues, hours, skills, flows, trunks, agents, 'sip-users': users }),
    [queues, hours, skills, flows, trunks, agents, users],
  );
}

function useNames(wanted: boolean, collection: Choices, key: string): string[] | undefined {
  const { data } = useRest<Record<string, DirectoryRecord[]>>(wanted ? `/${collection}` : undefined);
  return useMemo(() => data?.[collection]?.map((one) => String(one[key])), [data, collection, key]);
}
