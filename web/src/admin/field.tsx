// One field of a form, made from its JSON Schema. Fields of fields are fields again.
import { type ReactNode, useId } from 'react';
import { usePreferences } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { type FormTools, useForm } from './form-context.ts';
import { emptyOf, type Schema } from './schema.ts';
import { hintOf, labelOf, optionOf, useAdminWords } from './words.ts';

export interface FieldProps {
  /** Path without places in lists: `rings.afterMs`. It finds words and references. */
  name: string;
  /** Path with places, as the server names a field: `rings.0.afterMs`. */
  at: string;
  schema: Schema;
  required: boolean;
  value: unknown;
  onChange: (value: unknown) => void;
}

const simple = new Set(['string', 'integer', 'number']);

/** With its label, hint and what the server said about it. */
export function Field(props: FieldProps) {
  const { language } = usePreferences();
  const { wrong, resolve } = useForm();
  const id = useId();
  const schema = resolve(props.schema);
  const label = labelOf(language, props.name);
  const hint = hintOf(language, props.name);
  const problem = wrong?.field === props.at ? wrong.message : undefined;
  const describedBy = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ') || undefined;
  const notes = (
    <>
      {hint !== undefined && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {problem !== undefined && (
        <p className="field-problem" id={`${id}-problem`} role="alert">
          {problem}
        </p>
      )}
    </>
  );
  if (schema.type === 'boolean') {
    return (
      <div className="field">
        <label className="check">
          <input
            type="checkbox"
            checked={props.value === true}
            aria-describedby={describedBy}
            onChange={(event) => props.onChange(event.target.checked)}
          />
          {label}
        </label>
        {notes}
      </div>
    );
  }
  const single = typeof schema.type === 'string' && simple.has(schema.type);
  const control = <Control {...props} schema={schema} id={id} describedBy={describedBy} />;
  if (single) {
    return (
      <div className="field" data-wrong={problem !== undefined}>
        <label htmlFor={id}>
          {label}
          {props.required && <span aria-hidden="true"> *</span>}
        </label>
        {control}
        {notes}
      </div>
    );
  }
  return (
    <fieldset className="field group" data-wrong={problem !== undefined}>
      <legend id={`${id}-label`}>{label}</legend>
      {control}
      {notes}
    </fieldset>
  );
}

interface ControlProps extends FieldProps {
  id: string;
  describedBy: string | undefined;
}

function Control(props: ControlProps) {
  const { schema } = props;
  const { references } = useForm();
  if (schema.oneOf !== undefined) return <Kinds {...props} kinds={schema.oneOf} />;
  if (schema.type === 'array') return <List {...props} />;
  if (schema.type === 'object') return schema.properties === undefined ? <Entries {...props} /> : <Parts {...props} />;
  if (schema.type === 'integer' || schema.type === 'number') return <Numeric {...props} />;
  if (schema.enum !== undefined || references(props.name) !== undefined) return <Choice {...props} />;
  if (schema.type === 'string') return <Text {...props} />;
  return <Json {...props} />;
}

function Text({ id, describedBy, name, value, schema, required, onChange }: ControlProps) {
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
function Numeric({ id, describedBy, name, value, schema, required, onChange }: ControlProps) {
  const say = useAdminWords();
  const factor = /Ms$/.test(name) ? 1_000 : 1;
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

function Choice({ id, describedBy, name, value, schema, required, onChange }: ControlProps) {
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

/** An object of known fields. Where it may be missing, a switch says whether it is there. */
function Parts(props: ControlProps) {
  const { schema, value, required, onChange, name, at } = props;
  const say = useAdminWords();
  const { resolve } = useForm();
  const given = asObject(value);
  if (value === undefined && !required) {
    return (
      <button type="button" className="secondary small" onClick={() => onChange(emptyOf(schema, resolve))}>
        {say('set')}
      </button>
    );
  }
  return (
    <div className="parts">
      {Object.entries(schema.properties ?? {}).map(([part, of]) =>
        resolve(of).const === undefined ? (
          <Field
            key={part}
            name={`${name}.${part}`}
            at={`${at}.${part}`}
            schema={of}
            required={schema.required?.includes(part) ?? false}
            value={given[part]}
            onChange={(next) => onChange(withPart(given, part, next))}
          />
        ) : null,
      )}
      {!required && (
        <button type="button" className="ghost small" onClick={() => onChange(undefined)}>
          {say('unset')}
        </button>
      )}
    </div>
  );
}

/** One of several shapes, told apart by the value of one field. */
function Kinds({ kinds, ...props }: ControlProps & { kinds: Schema[] }) {
  const { id, describedBy, name, value, onChange, required } = props;
  const { language } = usePreferences();
  const { resolve } = useForm();
  const shapes = kinds.map(resolve);
  const tag = tagOf(shapes, { resolve });
  if (tag === undefined) return <Json {...props} />;
  const current = String(asObject(value)[tag] ?? '');
  const shape = shapes.find((one) => resolve(one.properties?.[tag] ?? {}).const === current);
  return (
    <div className="parts">
      <select
        id={id}
        aria-describedby={describedBy}
        aria-label={labelOf(language, `${name}.${tag}`)}
        value={current}
        onChange={(event) => {
          const next = shapes.find((one) => resolve(one.properties?.[tag] ?? {}).const === event.target.value);
          onChange(next === undefined ? undefined : emptyOf(next, resolve));
        }}
      >
        {(!required || current === '') && <option value="">–</option>}
        {shapes.map((one) => {
          const option = String(resolve(one.properties?.[tag] ?? {}).const);
          return (
            <option key={option} value={option}>
              {optionOf(language, `${name}.${tag}`, option)}
            </option>
          );
        })}
      </select>
      {shape !== undefined && <Parts {...props} schema={shape} required />}
    </div>
  );
}

function tagOf(shapes: Schema[], { resolve }: Pick<FormTools, 'resolve'>): string | undefined {
  const [first] = shapes;
  return Object.keys(first?.properties ?? {}).find((part) =>
    shapes.every((shape) => resolve(shape.properties?.[part] ?? {}).const !== undefined),
  );
}

/** Several values: a choice of known ones as boxes to tick, others a line each. */
function List(props: ControlProps) {
  const { name, at, schema, value, onChange } = props;
  const { language } = usePreferences();
  const say = useAdminWords();
  const { resolve, references } = useForm();
  const items = resolve(schema.items ?? {});
  const given: unknown[] = Array.isArray(value) ? value : [];
  const known = items.type === 'string' ? (items.enum ?? references(name)) : undefined;
  if (known !== undefined) {
    const all = [...new Set([...known, ...given.map(String)])];
    return (
      <div className="ticks">
        {all.map((one) => (
          <label key={one} className="check">
            <input
              type="checkbox"
              checked={given.includes(one)}
              onChange={(event) =>
                onChange(event.target.checked ? [...given, one] : given.filter((other) => other !== one))
              }
            />
            {items.enum === undefined ? one : optionOf(language, name, one)}
          </label>
        ))}
        {all.length === 0 && <p className="muted">{say('none-yet')}</p>}
      </div>
    );
  }
  if (items.type === 'string') return <Lines {...props} />;
  if (items.type !== 'object') return <Json {...props} />;
  return (
    <div className="rows">
      {given.map((one, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have nothing of their own that stays
        <div key={place} className="row">
          <Parts
            {...props}
            at={`${at}.${place}`}
            schema={items}
            required
            value={one}
            onChange={(next) => onChange(given.with(place, next))}
          />
          <button
            type="button"
            className="ghost round small"
            aria-label={say('remove-line', { line: place + 1 })}
            onClick={() => onChange(given.toSpliced(place, 1))}
          >
            <Icon name="close" size={16} />
          </button>
        </div>
      ))}
      <button
        type="button"
        className="secondary small"
        disabled={given.length >= (schema.maxItems ?? Number.POSITIVE_INFINITY)}
        onClick={() => onChange([...given, emptyOf(items, resolve)])}
      >
        {say('add-line')}
      </button>
    </div>
  );
}

/** Texts, one a line. */
function Lines({ id, describedBy, value, onChange }: ControlProps) {
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

/** Values by names that the record itself chooses: proficiency by skill, text by language. */
function Entries(props: ControlProps) {
  const { name, at, schema, value, onChange } = props;
  const { language } = usePreferences();
  const say = useAdminWords();
  const { resolve, references } = useForm();
  const given = asObject(value);
  const of = typeof schema.additionalProperties === 'object' ? resolve(schema.additionalProperties) : {};
  const names = resolve(schema.propertyNames ?? {}).enum ?? references(`${name}.key`);
  if (names === undefined) return <Json {...props} />;
  const options = [...new Set([...names, ...Object.keys(given)])];
  const fixed = resolve(schema.propertyNames ?? {}).enum !== undefined;
  return (
    <div className="entries">
      {options.map((key) => (
        <EntryRow key={key} label={fixed ? optionOf(language, name, key) : key}>
          {(id) => (
            <Control
              {...props}
              id={id}
              describedBy={undefined}
              name={`${name}.value`}
              at={`${at}.${key}`}
              schema={of}
              required={false}
              value={given[key]}
              onChange={(next) => onChange(withPart(given, key, next))}
            />
          )}
        </EntryRow>
      ))}
      {options.length === 0 && <p className="muted">{say('none-yet')}</p>}
    </div>
  );
}

function EntryRow({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="entry">
      <label id={`${id}-label`} htmlFor={id}>
        {label}
      </label>
      {children(id)}
    </div>
  );
}

/** What no better control exists for, as its JSON. */
function Json({ id, describedBy, value, onChange }: ControlProps) {
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

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function withPart(whole: Record<string, unknown>, part: string, value: unknown): Record<string, unknown> {
  const { [part]: _, ...rest } = whole;
  return value === undefined ? rest : { ...rest, [part]: value };
}
