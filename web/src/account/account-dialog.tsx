// What she can change about her own login: password and second factor.
import { type FormEvent, useEffect, useState } from 'react';
import { Dialog } from '../parts/dialog.tsx';
import { Failure } from '../parts/failure.tsx';
import { RestFailed, rest, useRest } from '../rest.ts';
import { readSession, type Session } from '../session.ts';
import { RecoveryCodes } from './recovery-codes.tsx';
import { SecondFactorSetUp } from './second-factor-set-up.tsx';
import { useAccountWords } from './words.ts';

interface FactorState {
  on: boolean;
  required: boolean;
  recoveryLeft: number;
}

export function AccountDialog({ onClose }: { onClose: () => void }) {
  const say = useAccountWords();
  const [session, setSession] = useState<Session>();
  const elsewhere = session !== undefined && session.way === 'oidc';
  const factor = useRest<FactorState>(session === undefined || elsewhere ? undefined : '/session/second-factor');
  useEffect(() => {
    // A lost connection is told by the panel itself.
    readSession().then(setSession, () => undefined);
  }, []);
  return (
    <Dialog title={say('settings')} onClose={onClose}>
      <div className="account">
        <section aria-label={say('factor')}>
          <h3>{say('factor')}</h3>
          {elsewhere && <p className="muted">{say('factor.elsewhere')}</p>}
          <Failure of={factor.failed} onRetry={factor.reload} />
          {factor.data !== undefined && <Factor state={factor.data} onChanged={factor.reload} />}
        </section>
        <section aria-label={say('change-password')}>
          <h3>{say('change-password')}</h3>
          {session?.way === 'password' && factor.data !== undefined && <PasswordForm withCode={factor.data.on} />}
          {session !== undefined && session.way !== 'password' && <p className="muted">{say('password.elsewhere')}</p>}
        </section>
      </div>
    </Dialog>
  );
}

type Doing = 'set-up' | 'remove' | 'codes';

function Factor({ state, onChanged }: { state: FactorState; onChanged: () => void }) {
  const say = useAccountWords();
  const [doing, setDoing] = useState<Doing>();
  const [codes, setCodes] = useState<string[]>();
  const done = () => {
    setDoing(undefined);
    setCodes(undefined);
    onChanged();
  };
  if (codes !== undefined) return <RecoveryCodes codes={codes} onDone={done} />;
  if (doing === 'set-up') return <SecondFactorSetUp onDone={done} />;
  return (
    <>
      <p>
        {state.on ? say('factor.on', { left: state.recoveryLeft }) : say('factor.off')}{' '}
        {state.required && <span className="muted">{say('factor.required')}</span>}
      </p>
      <div className="account-actions">
        {!state.on && (
          <button type="button" className="secondary" onClick={() => setDoing('set-up')}>
            {say('enrol.begin')}
          </button>
        )}
        {state.on && (
          <button type="button" className="secondary" onClick={() => setDoing('codes')}>
            {say('factor.codes')}
          </button>
        )}
        {state.on && !state.required && (
          <button type="button" className="quiet-danger" onClick={() => setDoing('remove')}>
            {say('factor.remove')}
          </button>
        )}
      </div>
      {doing === 'codes' && (
        <ProofForm
          label={say('factor.codes')}
          hint={say('factor.codes-hint')}
          send={async (body) => {
            const answer = await rest<{ recoveryCodes: string[] }>('/session/second-factor/recovery-codes', {
              method: 'POST',
              body,
            });
            setCodes(answer.recoveryCodes);
          }}
        />
      )}
      {doing === 'remove' && (
        <ProofForm
          label={say('factor.remove')}
          send={async (body) => {
            await rest('/session/second-factor/remove', { method: 'POST', body });
            done();
          }}
        />
      )}
    </>
  );
}

interface Proof {
  password: string;
  code: string;
}

/** Password and code once more: a screen may have been left alone. */
function ProofForm({
  label,
  hint,
  send,
}: {
  label: string;
  hint?: string | undefined;
  send: (proof: Proof) => Promise<void>;
}) {
  const say = useAccountWords();
  const { failed, attempt } = useAttempt();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    void attempt(() => send({ password: String(form.get('password')), code: String(form.get('code')).trim() }));
  };
  return (
    <form className="account-form" aria-label={label} onSubmit={submit}>
      {hint !== undefined && <p className="muted">{hint}</p>}
      <label className="field">
        {say('password')}
        <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <CodeField />
      <Failure of={failed} />
      <button type="submit" className="primary">
        {label}
      </button>
    </form>
  );
}

function CodeField() {
  const say = useAccountWords();
  return (
    <label className="field">
      {say('code')}
      <input name="code" autoComplete="one-time-code" required minLength={6} maxLength={40} spellCheck={false} />
    </label>
  );
}

/** All sessions end with it, this one too: the panel then shows the login. */
function PasswordForm({ withCode }: { withCode: boolean }) {
  const say = useAccountWords();
  const { failed, attempt } = useAttempt();
  const [differ, setDiffer] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '');
    const same = text('next') === text('again');
    setDiffer(!same);
    if (!same) return;
    const body = {
      current: text('current'),
      password: text('next'),
      ...(withCode ? { code: text('code').trim() } : {}),
    };
    void attempt(() => rest('/session/password', { method: 'POST', body }));
  };
  return (
    <form className="account-form" aria-label={say('change-password')} onSubmit={submit}>
      <p className="muted">{say('password.rule')}</p>
      <label className="field">
        {say('password.current')}
        <input name="current" type="password" autoComplete="current-password" required />
      </label>
      <label className="field">
        {say('password.next')}
        <input name="next" type="password" autoComplete="new-password" required minLength={10} maxLength={256} />
      </label>
      <label className="field">
        {say('password.again')}
        <input name="again" type="password" autoComplete="new-password" required />
      </label>
      {withCode && <CodeField />}
      {differ && (
        <p className="failure" role="alert">
          {say('password.differ')}
        </p>
      )}
      <Failure of={failed} />
      <button type="submit" className="primary">
        {say('password.save')}
      </button>
    </form>
  );
}

function useAttempt() {
  const [failed, setFailed] = useState<RestFailed>();
  const attempt = async (work: () => Promise<void>) => {
    setFailed(undefined);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    }
  };
  return { failed, attempt };
}
