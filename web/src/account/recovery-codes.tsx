import { useState } from 'react';
import { saveText } from '../save-text.ts';
import { useAccountWords } from './words.ts';

/** Shown once. */
export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const say = useAccountWords();
  const [copied, setCopied] = useState(false);
  const text = `${codes.join('\n')}\n`;
  return (
    <section className="recovery" aria-label={say('recovery.title')}>
      <h2>{say('recovery.title')}</h2>
      <p>{say('recovery.why')}</p>
      <ol className="recovery-codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div className="form-foot">
        {/* The clipboard is there on HTTPS pages and loopback only. */}
        {'clipboard' in navigator && (
          <button
            type="button"
            className="secondary"
            onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
          >
            {say(copied ? 'recovery.copied' : 'recovery.copy')}
          </button>
        )}
        <button type="button" className="secondary" onClick={() => saveText('recovery-codes.txt', text)}>
          {say('recovery.download')}
        </button>
        <span className="space" />
        <button type="button" className="primary" onClick={onDone}>
          {say('recovery.kept')}
        </button>
      </div>
    </section>
  );
}
