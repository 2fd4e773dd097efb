// People and numbers in bulk: what a CSV would do is shown first, then it is done, all or none.
import { type ChangeEvent, useEffect, useState } from 'react';
import { Failure } from '../../parts/failure.tsx';
import { useUnsaved } from '../../parts/unsaved.ts';
import { RestFailed, rest } from '../../rest.ts';
import { saveText } from '../../save-text.ts';
import { useImportWords } from './words.ts';

const columns = {
  agents: [
    'login',
    'name',
    'roles',
    'language',
    'phone',
    'skills',
    'queues',
    'team',
    'voice',
    'auto_answer',
    'disabled',
  ],
  dids: ['number', 'flow', 'language', 'team'],
} as const;
type What = keyof typeof columns;

interface Secret {
  login: string;
  password?: string;
  sipSecret?: string;
}

interface Outcome {
  dryRun: boolean;
  created: string[];
  changed: string[];
  secrets?: Secret[];
}

/** What is on the page. */
interface Begun {
  what: What;
  csv: string;
  outcome: Outcome | undefined;
}

interface Problem {
  line: number;
  field?: string;
  reason: string;
}

export function ImportsPage({ title }: { title: string }) {
  const say = useImportWords();
  const { before, keep } = useUnsaved<Begun>('imports');
  const [what, setWhat] = useState<What>(before?.what ?? 'agents');
  const [csv, setCsv] = useState(before?.csv ?? '');
  const [passwords, setPasswords] = useState(true);
  const [outcome, setOutcome] = useState(before?.outcome);
  // What was imported is done with; its passwords are told only here, so that they stay until they are in a file.
  const open = csv !== '' && (outcome === undefined || outcome.dryRun || (outcome.secrets ?? []).length > 0);
  useEffect(() => keep(open ? { what, csv, outcome } : undefined), [keep, open, what, csv, outcome]);
  const [failed, setFailed] = useState<RestFailed>();
  const [busy, setBusy] = useState(false);
  const problems = failed?.code === 'import-refused' ? ((failed.details.problems ?? []) as Problem[]) : undefined;

  /** Another text, or another kind: what was found for the old one holds no more. */
  const fresh = () => {
    setOutcome(undefined);
    setFailed(undefined);
  };
  const choose = async ({ target }: ChangeEvent<HTMLInputElement>) => {
    const [file] = target.files ?? [];
    if (file === undefined) return;
    setCsv(textOf(await file.arrayBuffer()));
    fresh();
    // The same file, mended, can be chosen again.
    target.value = '';
  };
  const send = async (dryRun: boolean) => {
    setBusy(true);
    fresh();
    try {
      const body = { csv, dryRun, ...(what === 'agents' ? { passwords } : {}) };
      setOutcome(await rest<Outcome>(`/imports/${what}`, { method: 'POST', body }));
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <header className="page-head">
        <h1>{title}</h1>
        <div className="views" role="radiogroup" aria-label={say('what')}>
          {(['agents', 'dids'] as const).map((one) => (
            // biome-ignore lint/a11y/useSemanticElements: looks and works like the other switches of the panels
            <button
              key={one}
              type="button"
              role="radio"
              aria-checked={one === what}
              onClick={() => {
                setWhat(one);
                fresh();
              }}
            >
              {say(`of.${one}`)}
            </button>
          ))}
        </div>
        <div className="space" />
        <label className="button secondary file-choice">
          {say('choose')}
          <input type="file" className="hidden" accept=".csv,text/csv" onChange={(event) => void choose(event)} />
        </label>
      </header>
      <section className="card import">
        <p className="muted">{say('columns', { columns: columns[what].join(', ') })}</p>
        <textarea
          className="code"
          rows={10}
          spellCheck={false}
          value={csv}
          aria-label={say('csv')}
          placeholder={`${say('hint')}\n${columns[what].join(',')}`}
          onChange={(event) => {
            setCsv(event.target.value);
            fresh();
          }}
        />
        {what === 'agents' && (
          <label className="check">
            <input type="checkbox" checked={passwords} onChange={(event) => setPasswords(event.target.checked)} />
            {say('passwords')}
          </label>
        )}
        <footer className="form-foot">
          <span className="muted">{say('nothing-yet')}</span>
          <span className="space" />
          <button
            type="button"
            className="secondary"
            disabled={busy || csv.trim() === ''}
            onClick={() => void send(true)}
          >
            {say('check')}
          </button>
          {/* Only what was checked just now. */}
          <button
            type="button"
            className="primary"
            disabled={busy || outcome?.dryRun !== true}
            onClick={() => void send(false)}
          >
            {say('import')}
          </button>
        </footer>
      </section>
      {problems === undefined ? <Failure of={failed} /> : <Problems problems={problems} />}
      {outcome !== undefined && <Done outcome={outcome} onKept={() => keep(undefined)} />}
    </>
  );
}

/** Spreadsheets of a Chinese Windows write GB 18030 (GBK) where they are not asked for UTF-8. */
function textOf(file: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return new TextDecoder('gb18030').decode(file);
  }
}

function Problems({ problems }: { problems: Problem[] }) {
  const say = useImportWords();
  return (
    <section className="card scroll" aria-label={say('problems')} role="alert">
      <h2>{say('problems')}</h2>
      <p className="muted">{say('problems-hint')}</p>
      <table>
        <thead>
          <tr>
            <th scope="col" className="number">
              {say('line')}
            </th>
            <th scope="col">{say('column')}</th>
            <th scope="col">{say('reason')}</th>
          </tr>
        </thead>
        <tbody>
          {problems.map(({ line, field, reason }) => (
            <tr key={`${line} ${field} ${reason}`}>
              <td className="number">{line}</td>
              <td>{field ?? ''}</td>
              <td>{reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Done({
  outcome: { dryRun, created, changed, secrets = [] },
  onKept,
}: {
  outcome: Outcome;
  /** The passwords are in a file. */
  onKept: () => void;
}) {
  const say = useImportWords();
  const list = (names: string[]) => (names.length === 0 ? say('none') : names.join(', '));
  return (
    <section className="card import" role="status">
      {!dryRun && <p className="saved">{say('done')}</p>}
      <h3>
        {say(dryRun ? 'created' : 'done-created')} <span className="count">{created.length}</span>
      </h3>
      <p className="figures">{list(created)}</p>
      <h3>
        {say(dryRun ? 'changed' : 'done-changed')} <span className="count">{changed.length}</span>
      </h3>
      <p className="figures">{list(changed)}</p>
      {secrets.length > 0 && <Secrets secrets={secrets} onKept={onKept} />}
    </section>
  );
}

function Secrets({ secrets, onKept }: { secrets: Secret[]; onKept: () => void }) {
  const say = useImportWords();
  const csv = ['login,password,sip_secret', ...secrets.map((one) => csvLine(one))].join('\r\n');
  return (
    <section className="secret" aria-label={say('secrets')}>
      <header className="card-head">
        <h3>{say('secrets')}</h3>
        <span>{say('secrets-hint')}</span>
        <span className="space" />
        <button
          type="button"
          className="secondary small"
          onClick={() => {
            saveText('passwords.csv', `${csv}\r\n`, 'text/csv');
            onKept();
          }}
        >
          {say('download')}
        </button>
      </header>
      <table>
        <thead>
          <tr>
            <th scope="col">{say('login')}</th>
            <th scope="col">{say('password')}</th>
            <th scope="col">{say('sip-secret')}</th>
          </tr>
        </thead>
        <tbody>
          {secrets.map(({ login, password, sipSecret }) => (
            <tr key={login}>
              <th scope="row">{login}</th>
              <td>{password !== undefined && <code>{password}</code>}</td>
              <td>{sipSecret !== undefined && <code>{sipSecret}</code>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Logins and generated passwords are letters, digits and dashes: nothing to be quoted. */
function csvLine({ login, password = '', sipSecret = '' }: Secret): string {
  return [login, password, sipSecret].join(',');
}
