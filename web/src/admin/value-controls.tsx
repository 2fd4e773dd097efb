// Controls of single values and of lists of texts.
import { usePreferences } from '../panel-context.ts';
import type { ControlProps } from './field.tsx';
import { useForm } from './form-context.ts';
import { optionOf, useAdminWords } from './words.ts';

export function Text({ id, describedBy, name, value, schema, required, onChange }: ControlProps) {
  const secret = /(^|\.)(password|secret)$/.test(name);
  return (
    <input
      id={id}
      aria-describedby={describedBy}
      type={secret ? 'password' : 'text'}
      autoComplete="off"
      value={typeof value === 'string' ? value : ''}
      maxLength={schema.maxLength}
      required={required}
      onChange={(event) => onChange(event.target.value === '' && !required ? undefined : event.target.value)}
    />
  );
}

/** Durations are shown in seconds, whatever the API counts in. */
export function Numeric({ id, describedBy, name, value, schema, required, onChange }: ControlProps) {
  const say = useAdminWords();
  const factor = /Ms(\.\w+)?$/.test(name) ? 1_000 : 1;
  const shown = typeof value === 'number' ? value / factor : '';
  const bound = (limit: number | undefined) => (limit === undefined ? undefined : limit / factor);
  return (
    <span className="with-unit">
      <input
        id={id}
        aria-describedby={describedBy}
        type="number"
        inputMode="decimal"
        step={factor === 1 ? 1 : 'any'}
        min={bound(schema.minimum)}
        max={bound(schema.maximum)}
        required={required}
        value={shown}
        onChange={(event) => {
          const { valueAsNumber } = event.target;
          onChange(Number.isNaN(valueAsNumber) ? undefined : Math.round(valueAsNumber * factor));
        }}
      />
      {factor === 1_000 && <span className="unit">{say('seconds')}</span>}
    </span>
  );
}

export function Choice({ id, describedBy, name, value, schema, required, onChange }: ControlProps) {
  const { language } = usePreferences();
  const { references } = useForm();
  const options = schema.enum ?? references(name) ?? [];
  const current = typeof value === 'string' ? value : '';
  return (
    <select
      id={id}
      aria-describedby={describedBy}
      value={current}
      required={required}
      onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)}
    >
      {(!required || current === '') && <option value="">–</option>}
      {current !== '' && !options.includes(current) && <option value={current}>{current}</option>}
      {options.map((one) => (
        <option key={one} value={one}>
          {schema.enum === undefined ? one : optionOf(language, name, one)}
        </option>
      ))}
    </select>
  );
}

/** Texts, one a line. */
export function Lines({ id, describedBy, value, onChange }: ControlProps) {
  const given = Array.isArray(value) ? value.map(String) : [];
  return (
    <textarea
      id={id}
      aria-labelledby={`${id}-label`}
      aria-describedby={describedBy}
      rows={Math.min(8, Math.max(2, given.length + 1))}
      defaultValue={given.join('\n')}
      onChange={(event) =>
        onChange(
          event.target.value
            .split('\n')
            .map((line) => line.trim())
            .filter((line) => line !== ''),
        )
      }
    />
  );
}

/** What no better control exists for, as its JSON. */
export function Json({ id, describedBy, value, onChange }: ControlProps) {
  return (
    <textarea
      id={id}
      className="code"
      aria-labelledby={`${id}-label`}
      aria-describedby={describedBy}
      rows={6}
      spellCheck={false}
      defaultValue={value === undefined ? '' : JSON.stringify(value, undefined, 2)}
      onChange={(event) => {
        const text = event.target.value.trim();
        if (text === '') {
          event.target.setCustomValidity('');
          onChange(undefined);
          return;
        }
        try {
          onChange(JSON.parse(text));
          event.target.setCustomValidity('');
        } catch (error) {
          // The form cannot be sent until it is JSON again.
          event.target.setCustomValidity((error as Error).message);
        }
      }}
    />
  );
}
