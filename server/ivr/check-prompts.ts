// Prompts: one kind each, and something to say in every language of the flow.
import type { Language } from '../../values/index.ts';
import type { CheckContext, Report } from './check.ts';
import { locatedParts, promptsIn } from './exits.ts';
import type { FlowFile, PromptPart } from './schema.ts';
import type { Said } from './sentences.ts';
import { hasVariables } from './template.ts';

const tongues: Record<Language, Said> = { en: { say: 'english' }, zh: { say: 'chinese' } };

export function checkPrompts(flow: FlowFile, context: CheckContext, report: Report): void {
  const languages = flow.languages ?? ['en', 'zh'];
  for (const [name, node] of Object.entries(flow.nodes)) {
    for (const { path, prompt } of promptsIn(node)) {
      for (const { path: inner, part } of locatedParts(prompt, ['nodes', name, ...path])) {
        checkPart(part, inner, languages, context, report);
      }
    }
  }
}

function checkPart(
  part: PromptPart,
  path: (string | number)[],
  languages: readonly Language[],
  context: CheckContext,
  report: Report,
): void {
  const spoken = part.en !== undefined || part.zh !== undefined || part.file !== undefined;
  const kinds = [spoken, part.digits !== undefined, part.number !== undefined, part.silence !== undefined].filter(
    Boolean,
  ).length;
  if (kinds !== 1) {
    report('value-wrong', path, [{ say: kinds === 0 ? 'prompt-empty' : 'prompt-several' }]);
    return;
  }
  if (!spoken) return;
  const texts = part.en !== undefined || part.zh !== undefined;
  for (const language of languages) {
    const text = part[language];
    if (text === undefined && texts) {
      report('prompt-missing', path, [
        { say: 'prompt-missing', values: { language: tongues[language], code: language } },
      ]);
      continue;
    }
    const { file } = part;
    if (file !== undefined && text !== undefined && hasVariables(text)) {
      report('value-wrong', path, [{ say: 'prompt-variables', values: { file } }]);
      return;
    }
    const recorded = file !== undefined && (context.hasRecording?.(file, language) ?? true);
    if (file !== undefined && text === undefined && !recorded) {
      const values = { language: tongues[language], file, code: language };
      report('prompt-missing', path, [{ say: 'recording-and-text-missing', values }]);
    } else if (text !== undefined && !recorded && context.canSpeak && !context.canSpeak(language)) {
      const said: Said =
        file === undefined
          ? { say: 'recording-none', values: { language: tongues[language] } }
          : { say: 'recording-missing', values: { language: tongues[language], file } };
      report('recording-missing', path, [said], { warning: true });
    }
  }
}
