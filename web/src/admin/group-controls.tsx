// Controls of values that hold values: parts, kinds, lists, entries. Their parts are fields again.
import { type ReactNode, useId } from 'react';
import { usePreferences } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { Control, type ControlProps, Field } from './field.tsx';
import { type FormTools, useForm } from './form-context.ts';
import { emptyOf, type Schema } from './schema.ts';
import { Json, Lines } from './value-controls.tsx';
import { labelOf, optionOf, useAdminWords } from './words.ts';

/** An object of known fields. Where it may be missing, a switch says whether it is there. */
export function Parts(props: ControlProps) {
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
export function Kinds({ kinds, ...props }: ControlProps & { kinds: Schema[] }) {
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

/** One of several shapes that are told apart by the one field that each has: `{ flow }` or `{ queue }`. */
export function Either({ kinds, ...props }: ControlProps & { kinds: Schema[] }) {
  const { id, describedBy, name, value, onChange, required } = props;
  const { language } = usePreferences();
  const { resolve } = useForm();
  const shapes = kinds.map(resolve);
  const parts = shapes.map((shape) => Object.keys(shape.properties ?? {})[0] ?? '');
  const current = Object.keys(asObject(value))[0] ?? '';
  const shape = shapes[parts.indexOf(current)];
  return (
    <div className="parts">
      <select
        id={id}
        aria-describedby={describedBy}
        aria-label={labelOf(language, name)}
        value={current}
        onChange={(event) => {
          const next = shapes[parts.indexOf(event.target.value)];
          onChange(next === undefined ? undefined : emptyOf(next, resolve));
        }}
      >
        {(!required || current === '') && <option value="">–</option>}
        {parts.map((part) => (
          <option key={part} value={part}>
            {labelOf(language, `${name}.${part}`)}
          </option>
        ))}
      </select>
      {shape !== undefined && <Parts {...props} schema={shape} required />}
    </div>
  );
}

/** Each shape is an object of exactly one field, another in each. */
export function isEither(kinds: Schema[], resolve: (schema: Schema) => Schema): boolean {
  const parts = kinds.map((kind) => Object.keys(resolve(kind).properties ?? {}));
  return parts.every(({ length }) => length === 1) && new Set(parts.flat()).size === kinds.length;
}

function tagOf(shapes: Schema[], { resolve }: Pick<FormTools, 'resolve'>): string | undefined {
  const [first] = shapes;
  return Object.keys(first?.properties ?? {}).find((part) =>
    shapes.every((shape) => resolve(shape.properties?.[part] ?? {}).const !== undefined),
  );
}

/** Several values: a choice of known ones as boxes to tick, others a line each. */
export function List(props: ControlProps) {
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

/** Values by names that the record itself chooses: proficiency by skill, text by language. */
export function Entries(props: ControlProps) {
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

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function withPart(whole: Record<string, unknown>, part: string, value: unknown): Record<string, unknown> {
  const { [part]: _, ...rest } = whole;
  return value === undefined ? rest : { ...rest, [part]: value };
}
