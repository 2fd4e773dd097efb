import { Icon } from '../../parts/icon.tsx';
import type { Section } from './draft.ts';
import { useFormWords } from './words.ts';

type Question = Section['questions'][number];

export function QuestionFields({
  number,
  question,
  only,
  onChange,
  onRemove,
}: {
  number: number;
  question: Question;
  /** The last one of its section stays. */
  only: boolean;
  onChange: (question: Question) => void;
  onRemove: () => void;
}) {
  const say = useFormWords();
  const set = (change: Partial<Question>) => onChange({ ...question, ...change });
  return (
    <fieldset className="row question-fields" aria-label={say('question', { number })}>
      <Both what={say('text')} value={question.text} onChange={(text) => set({ text })} />
      <div className="question-parts">
        <label>
          {say('kind')}
          <select value={question.kind} onChange={(event) => set({ kind: event.target.value as Question['kind'] })}>
            <option value="yes-no">{say('yes-no')}</option>
            <option value="scale">{say('scale')}</option>
          </select>
        </label>
        {question.kind === 'scale' && (
          <label>
            {say('most')}
            <input
              type="number"
              min={1}
              max={100}
              required
              value={question.max}
              onChange={(event) => set({ max: event.target.valueAsNumber || 1 })}
            />
          </label>
        )}
        <label>
          {say('weight')}
          <input
            type="number"
            min={0}
            max={1000}
            step="any"
            required
            value={question.weight}
            onChange={(event) => set({ weight: event.target.valueAsNumber || 0 })}
          />
        </label>
        <span className="space" />
        {!only && (
          <button
            type="button"
            className="ghost round small"
            aria-label={say('remove-question', { number })}
            onClick={onRemove}
          >
            <Icon name="close" size={16} />
          </button>
        )}
      </div>
      <label className="check">
        <input
          type="checkbox"
          checked={question.knockout}
          onChange={(event) => set({ knockout: event.target.checked })}
        />
        {say('knockout')}
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={question.optional}
          onChange={(event) => set({ optional: event.target.checked })}
        />
        {say('optional')}
      </label>
    </fieldset>
  );
}

/** A text in English and in Chinese; one of them will do. */
export function Both({
  what,
  value,
  onChange,
}: {
  what: string;
  value: Section['name'];
  onChange: (value: Section['name']) => void;
}) {
  const say = useFormWords();
  return (
    <div className="both">
      {(['en', 'zh'] as const).map((language) => (
        <label key={language} className="field">
          {say(language === 'en' ? 'english' : 'chinese', { what })}
          <input
            maxLength={500}
            lang={language === 'zh' ? 'zh-CN' : 'en'}
            required={!value.en?.trim() && !value.zh?.trim()}
            value={value[language] ?? ''}
            onChange={(event) => onChange({ ...value, [language]: event.target.value })}
          />
        </label>
      ))}
    </div>
  );
}
