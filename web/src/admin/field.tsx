// One field of a form, made from its JSON Schema. Fields of fields are fields again.
import { useId } from 'react';
import { usePreferences } from '../panel-context.ts';
import { Dispositions } from './dispositions.tsx';
import { useForm } from './form-context.ts';
import { Either, Entries, isEither, Kinds, List, Parts } from './group-controls.tsx';
import type { Schema } from './schema.ts';
import { Choice, Json, Numeric, Text } from './value-controls.tsx';
import { hintOf, labelOf } from './words.ts';

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
  const { of, wrong, resolve } = useForm();
  const id = useId();
  const schema = resolve(props.schema);
  const label = labelOf(language, props.name, of);
  const hint = hintOf(language, props.name, of);
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

export interface ControlProps extends FieldProps {
  id: string;
  describedBy: string | undefined;
}

export function Control(props: ControlProps) {
  const { schema } = props;
  const { references, resolve } = useForm();
  if (schema.anyOf !== undefined && isEither(schema.anyOf, resolve)) return <Either {...props} kinds={schema.anyOf} />;
  if (schema.oneOf !== undefined) return <Kinds {...props} kinds={schema.oneOf} />;
  if (props.name === 'dispositions') return <Dispositions {...props} />;
  if (schema.type === 'array') return <List {...props} />;
  if (schema.type === 'object') return schema.properties === undefined ? <Entries {...props} /> : <Parts {...props} />;
  if (schema.type === 'integer' || schema.type === 'number') return <Numeric {...props} />;
  if (schema.enum !== undefined || references(props.name) !== undefined) return <Choice {...props} />;
  if (schema.type === 'string') return <Text {...props} />;
  return <Json {...props} />;
}
