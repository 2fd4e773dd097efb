import { defineErrors, type SwitchroomError } from '../../values/index.ts';

const failed = defineErrors({
  'prompt-refused': { status: 422, text: 'The recording "{name}" cannot be used: {why}.' },
});

/** @param why half a sentence, such as "it holds no sound" */
export function refused(name: string, why: string): SwitchroomError {
  return failed['prompt-refused']({ name, why });
}
