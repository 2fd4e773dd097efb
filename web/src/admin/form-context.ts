import { createContext, useContext } from 'react';
import type { Resolve } from './schema.ts';

/** What every field of one form may use. */
export interface FormTools {
  /** What the record is one of, such as `channels`. */
  of: string;
  resolve: Resolve;
  /** What a field, by its path without places, is chosen from; undefined: anything. */
  references: (name: string) => string[] | undefined;
  /** The field that the server refused, and its sentence. */
  wrong: { field: string; message: string } | undefined;
}

export const FormContext = createContext<FormTools | undefined>(undefined);

export function useForm(): FormTools {
  const tools = useContext(FormContext);
  if (tools === undefined) throw new Error('outside of FormContext');
  return tools;
}
