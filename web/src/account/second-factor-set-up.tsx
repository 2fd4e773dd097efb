import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Failure } from '../parts/failure.tsx';
import { RestFailed, rest } from '../rest.ts';
import { RecoveryCodes } from './recovery-codes.tsx';
import { useAccountWords } from './words.ts';

interface Begun {
  /** Base32. */
  secret: string;
  /** SVG. */
  qr: string;
}

/** Password, picture, code, recovery codes. @param password where it was typed a moment ago */
export function SecondFactorSetUp({ password, onDone }: { password?: string | undefined; onDone: () => void }) {
  const say = useAccountWords();
  const [begun, setBegun] = useState<Begun>();
  const [codes, setCodes] = useState<string[]>();
  const [failed, setFailed] = useState<RestFailed>();
  const asked = useRef(false);

  const attempt = async (work: () => Promise<void>) => {
    setFailed(undefined);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setFailed(error);
    }
  };
  const begin = (given: string) =>
    attempt(async () => {
      const body = { password: given };
      setBegun(await rest<Begun>('/session/second-factor', { method: 'POST', body }));
    });
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, with the password that was there at first
  useEffect(() => {
    if (password === undefined || asked.current) return;
    // A second secret would make the first picture worthless.
    asked.current = true;
    void begin(password);
  }, []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    if (begun === undefined) void begin(String(form.get('password')));
    else
      void attempt(async () => {
        const body = { code: String(form.get('code')).replace(/\s/g, '') };
        const answer = await rest<{ recoveryCodes: string[] }>('/session/second-factor/confirm', {
          method: 'POST',
          body,
        });
        setCodes(answer.recoveryCodes);
      });
  };

  if (codes !== undefined) return <RecoveryCodes codes={codes} onDone={onDone} />;
  return (
    <form className="account-form" onSubmit={submit}>
      {begun === undefined ? (
        <label className="field" key="password">
          {say('enrol.password')}
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
      ) : (
        <>
          <p>{say('enrol.scan')}</p>
          <img
            className="qr"
            width="200"
            height="200"
            alt={say('enrol.picture')}
            src={`data:image/svg+xml,${encodeURIComponent(begun.qr)}`}
          />
          <details>
            <summary>{say('enrol.by-hand')}</summary>
            <code className="key">{begun.secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>
          </details>
          <label className="field" key="code">
            {say('code')}
            <input
              name="code"
              inputMode="numeric"
              autoComplete="one-time-code"
              required
              minLength={6}
              maxLength={10}
              ref={(input) => input?.focus()}
            />
          </label>
        </>
      )}
      <Failure of={failed} />
      <button type="submit" className="primary wide">
        {say(begun === undefined ? 'enrol.begin' : 'enrol.confirm')}
      </button>
    </form>
  );
}
