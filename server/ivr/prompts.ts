// From a prompt as the flow file writes it to prompts in one language, filled in.
import type { Language } from '../../values/index.ts';
import type { FilePrompt, PromptPart } from './schema.ts';
import { fill, hasVariables } from './template.ts';
import type { Prompt } from './types.ts';

/** The parts of a prompt; a plain name is a recording. */
export function partsOf(prompt: FilePrompt | undefined): PromptPart[] {
  if (prompt === undefined) return [];
  return (Array.isArray(prompt) ? prompt : [prompt]).map((part) => (typeof part === 'string' ? { file: part } : part));
}

/** @param value what a variable holds; absent for prompts as they stand in the file */
export function render(
  prompt: FilePrompt | undefined,
  language: Language,
  value: (name: string) => string | undefined,
): Prompt[] {
  return partsOf(prompt).map((part): Prompt => {
    if (part.digits !== undefined)
      return { say: 'digits', language, digits: fill(part.digits, value).replace(/[^0-9*#]/g, '') };
    if (part.number !== undefined) return { say: 'number', language, number: quantity(fill(part.number, value)) };
    if (part.silence !== undefined) return { say: 'silence', ms: part.silence };
    const text = part[language];
    if (text === undefined) return { say: 'file', language, file: part.file ?? '' };
    if (!hasVariables(text))
      return { say: 'text', language, text, ...(part.file === undefined ? {} : { file: part.file }) };
    return { say: 'text', language, text: fill(text, value), filled: true };
  });
}

/** What is no number is spoken as 0: the flow goes on. */
function quantity(text: string): number {
  const number = Math.round(Number(text));
  return Number.isFinite(number) ? Math.min(Math.max(number, 0), 999_999_999) : 0;
}
