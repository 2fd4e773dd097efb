// The questions of an evaluation form with their answers: to be given, or to be read.
import './quality.css';
import { nameIn } from '../i18n/translate.ts';
import { usePreferences } from '../panel-context.ts';
import type { Answers, EvaluationForm } from './types.ts';
import { useQualityWords } from './words.ts';

type Question = EvaluationForm['sections'][number]['questions'][number];

/** The first question without an answer; one that is not applicable is answered. */
export function unanswered(sections: EvaluationForm['sections'], answers: Answers): Question | undefined {
  return sections.flatMap(({ questions }) => questions).find(({ id }) => answers[id] === undefined);
}

export function Questions({
  sections,
  answers,
  onAnswer,
}: {
  sections: EvaluationForm['sections'];
  answers: Answers;
  /** Absent: they are only shown. */
  onAnswer?: (answers: Answers) => void;
}) {
  const { language } = usePreferences();
  const say = useQualityWords();
  return sections.map((section) => (
    <fieldset key={section.id} className="field group" disabled={onAnswer === undefined}>
      <legend>{nameIn(language, section.name, section.id)}</legend>
      {section.questions.map((question) => {
        const most = question.kind === 'yes-no' ? 1 : question.max;
        const given = answers[question.id];
        const choices: { value: number | null; label: string }[] = [
          ...Array.from({ length: most + 1 }, (_, value) => ({
            value,
            label: question.kind === 'yes-no' ? say(value === 1 ? 'yes' : 'no') : String(value),
          })),
          ...(question.optional ? [{ value: null, label: say('not-applicable') }] : []),
        ];
        const text = nameIn(language, question.text, question.id);
        return (
          <div key={question.id} className="question" role="radiogroup" aria-label={text}>
            <span>
              {text}
              {question.knockout && <span className="required"> {say('knockout')}</span>}
              {given?.comment !== undefined && <em className="muted"> {given.comment}</em>}
            </span>
            <div className="views">
              {choices.map(({ value, label }) => (
                // biome-ignore lint/a11y/useSemanticElements: looks and works like the other switches of the panels
                <button
                  key={label}
                  type="button"
                  role="radio"
                  aria-checked={given?.value === value}
                  onClick={() => onAnswer?.({ ...answers, [question.id]: { value } })}
                >
                  {label}
                </button>
              ))}
            </div>
          </div>
        );
      })}
    </fieldset>
  ));
}
