// Prompts: one kind each, and something to say in every language of the flow.
import type { Language } from '../../values/index.ts';
import type { CheckContext, Report } from './check.ts';
import { locatedParts, promptsIn } from './exits.ts';
import type { FlowFile, PromptPart } from './schema.ts';
import { hasVariables } from './template.ts';

const tongues: Record<Language, string> = { en: 'English', zh: 'Chinese' };

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
    const sentence =
      kinds === 0
        ? 'This prompt says nothing: it takes a text per language, "file", "digits", "number" or "silence".'
        : 'This prompt says several things; make a list of them.';
    report('value-wrong', path, sentence);
    return;
  }
  if (!spoken) return;
  const texts = part.en !== undefined || part.zh !== undefined;
  for (const language of languages) {
    const text = part[language];
    if (text === undefined && texts) {
      report('prompt-missing', path, `The prompt has no ${tongues[language]} text ("${language}").`);
      continue;
    }
    const { file } = part;
    if (file !== undefined && text !== undefined && hasVariables(text)) {
      report(
        'value-wrong',
        path,
        `A text with variables cannot be a recording ("${file}"): split it into a list of recordings, digits and numbers.`,
      );
      return;
    }
    const recorded = file !== undefined && (context.hasRecording?.(file, language) ?? true);
    if (file !== undefined && text === undefined && !recorded) {
      report(
        'prompt-missing',
        path,
        `There is no ${tongues[language]} recording "${file}", and no text ("${language}") to synthesise.`,
      );
    } else if (text !== undefined && !recorded && context.canSpeak && !context.canSpeak(language)) {
      const what =
        file === undefined ? 'The text has no recording' : `There is no ${tongues[language]} recording "${file}"`;
      report(
        'recording-missing',
        path,
        `${what}, and no speech engine speaks ${tongues[language]}: the caller would hear nothing.`,
        { warning: true },
      );
    }
  }
}
