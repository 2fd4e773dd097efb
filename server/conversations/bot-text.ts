// What a flow says, written instead of spoken.
import type { Language } from '../../values/index.ts';
import type { Prompt } from '../ivr/index.ts';

export interface Written {
  text: string;
  /** Recordings whose text nobody wrote down: they are left out. */
  missing: string[];
}

export function written(prompts: readonly Prompt[], language: Language): Written {
  const missing = prompts.flatMap((prompt) => (prompt.say === 'file' ? [prompt.file] : []));
  const text = prompts
    .map((prompt) => partOf(prompt).trim())
    .filter((part) => part !== '')
    .join(language === 'zh' ? '' : ' ');
  return { text, missing };
}

function partOf(prompt: Prompt): string {
  switch (prompt.say) {
    case 'text':
      return prompt.text;
    case 'digits':
      return prompt.digits;
    case 'number':
    case 'agent':
      return String(prompt.number);
    case 'position':
      return String(prompt.position);
    case 'wait':
      return String(prompt.minutes);
    case 'file':
    case 'silence':
      return '';
  }
}
