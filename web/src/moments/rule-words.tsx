// A rule as people say it.
import type { Moment } from '../../../server/moments/schema.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { ruleInWords } from './sentence.ts';
import { useMomentWords } from './words.ts';

export function RuleWords({ rule, whole = false }: { rule: Moment; whole?: boolean }) {
  const { language, state } = usePanel();
  const say = useMomentWords();
  const queueName = (id: string) => nameIn(language, state.setup?.queues.find((one) => one.id === id)?.name ?? {}, id);
  const words = ruleInWords(rule, language, queueName);
  return (
    <div className="rule-words">
      {rule.note !== undefined && whole && <p className="rule-note">{rule.note}</p>}
      <p className="rule-when">
        {words.when}
        {words.only !== undefined && (language === 'zh' ? `（${words.only}）` : `, ${words.only}`)}
        {whole ? (language === 'zh' ? '：' : ':') : ''}
      </p>
      <ul className="rule-does" aria-label={say('then.title')}>
        {words.does.map((one, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two actions may read the same
          <li key={at} data-kind={Object.keys(rule.do[at] ?? {})[0]}>
            {one}
          </li>
        ))}
      </ul>
      {whole && <p className="hint">{words.holds}</p>}
    </div>
  );
}
