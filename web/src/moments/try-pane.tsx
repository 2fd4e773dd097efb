// A moment tried on events that did not happen, for a customer as she is or as she may be.
import { useState } from 'react';
import type { Condition, Moment } from '../../../server/moments/schema.ts';
import { CustomerChoice } from '../customers/customer-choice.tsx';
import type { CustomerRecord } from '../customers/types.ts';
import { dateTime } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { Icon } from '../parts/icon.tsx';
import { RestFailed, rest } from '../rest.ts';
import { readFacts } from './facts-text.ts';
import { actionInWords, conditionInWords, eventInWords, ownEvents } from './sentence.ts';
import type { Tried, WhyNot } from './types.ts';
import { useMomentWords, wordOf } from './words.ts';

interface Step {
  key: number;
  event: string;
  after: string;
  facts: string;
}

interface Waited {
  event: string;
  where?: Record<string, Condition> | undefined;
  count?: number | undefined;
}

/** What the rule waits for is what one would try first. */
function stepsFor(rule: Moment | undefined): Step[] {
  if (rule === undefined) return [{ key: 0, event: '', after: '', facts: '' }];
  const { when } = rule;
  const waited: Waited[] = 'sequence' in when ? when.sequence : [when];
  const steps = waited.flatMap((step) => {
    const facts = Object.entries(step.where ?? {}).flatMap(([field, wanted]) => {
      if (typeof wanted !== 'object') return [`${field}=${wanted}`];
      const value = wanted.is ?? wanted.least ?? wanted.most ?? wanted.in?.[0] ?? wanted.contains;
      return value === undefined ? [] : [`${field}=${value}`];
    });
    return Array.from({ length: step.count ?? 1 }, () => ({ event: step.event, after: '', facts: facts.join(', ') }));
  });
  if ('without' in when) steps.push({ event: '', after: when.within, facts: '' });
  return steps.map((step, key) => ({ ...step, key, after: key === 0 || step.after !== '' ? step.after : '1m' }));
}

export function TryPane({ moment, text, rule }: { moment: string; text: string; rule: Moment | undefined }) {
  const say = useMomentWords();
  const { language } = usePanel();
  const [steps, setSteps] = useState(() => stepsFor(rule));
  const [customer, setCustomer] = useState<CustomerRecord>();
  const [tags, setTags] = useState('');
  const [agreed, setAgreed] = useState(true);
  const [tried, setTried] = useState<Tried[]>();
  const [failed, setFailed] = useState<RestFailed>();
  const [busy, setBusy] = useState(false);
  const change = (key: number, what: Partial<Step>) =>
    setSteps(steps.map((step) => (step.key === key ? { ...step, ...what } : step)));

  const run = async () => {
    setBusy(true);
    setFailed(undefined);
    const list = tags
      .split(/[,，]/)
      .map((tag) => tag.trim())
      .filter((tag) => tag !== '');
    const body = {
      text,
      ...(customer === undefined
        ? { tags: list, consents: [{ channel: '*', purpose: '*', given: agreed }] }
        : { customer: customer.id }),
      steps: steps.map(({ event, after, facts }) => ({
        ...(after.trim() === '' ? {} : { after: after.trim() }),
        ...(event.trim() === '' ? {} : { event: event.trim() }),
        ...(facts.trim() === '' ? {} : { data: readFacts(facts) }),
      })),
    };
    try {
      const path = `/moments/${encodeURIComponent(moment)}/try`;
      setTried((await rest<{ steps: Tried[] }>(path, { method: 'POST', body })).steps);
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setTried(undefined);
      setFailed(error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form
      className="try"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <p className="hint">{say('try.hint')}</p>
      <fieldset className="try-for">
        <legend>{say('try.for')}</legend>
        <CustomerChoice
          label={say('try.customer')}
          placeholder={say('try.customer-hint')}
          nobody={say('try.somebody')}
          chosen={customer}
          onChoose={setCustomer}
        />
        {customer === undefined && (
          <div className="try-unknown">
            <input
              aria-label={say('try.tags')}
              placeholder={say('try.tags')}
              value={tags}
              onChange={(event) => setTags(event.target.value)}
            />
            <label className="check">
              <input type="checkbox" checked={agreed} onChange={(event) => setAgreed(event.target.checked)} />
              {say('try.agreed')}
            </label>
          </div>
        )}
      </fieldset>
      <fieldset className="try-steps">
        <legend>{say('try.steps')}</legend>
        <ol>
          {steps.map(({ key, event, after, facts }, at) => (
            <li key={key}>
              {/* biome-ignore lint/a11y/useSemanticElements: a fieldset in each line would be read thrice */}
              <div className="try-step" role="group" aria-label={say('try.step', { step: at + 1 })}>
                <input
                  className="try-after figures"
                  aria-label={say('try.after')}
                  placeholder={say('try.after-hint')}
                  pattern="[1-9][0-9]{0,4}[smhd]"
                  value={after}
                  onChange={({ target }) => change(key, { after: target.value })}
                />
                <input
                  aria-label={say('try.event')}
                  placeholder={say('try.event')}
                  list="moment-events"
                  pattern="[a-z][a-z0-9\-]*(\.[a-z][a-z0-9\-]*)?"
                  value={event}
                  onChange={({ target }) => change(key, { event: target.value })}
                />
                <input
                  aria-label={say('try.facts')}
                  placeholder={say('try.facts-hint')}
                  value={facts}
                  onChange={({ target }) => change(key, { facts: target.value })}
                />
                <button
                  type="button"
                  className="ghost round small"
                  aria-label={say('try.remove', { step: at + 1 })}
                  disabled={steps.length === 1}
                  onClick={() => setSteps(steps.filter((step) => step.key !== key))}
                >
                  <Icon name="close" size={16} />
                </button>
              </div>
            </li>
          ))}
        </ol>
        <datalist id="moment-events">
          {ownEvents.map((event) => (
            <option key={event} value={event}>
              {eventInWords(event, language)}
            </option>
          ))}
        </datalist>
        <div className="simulator-head">
          <button
            type="button"
            className="secondary small"
            onClick={() => {
              const key = Math.max(...steps.map((step) => step.key)) + 1;
              setSteps([...steps, { key, event: '', after: '1m', facts: '' }]);
            }}
          >
            {say('try.add')}
          </button>
          <span className="space" />
          <button type="submit" className="primary" disabled={busy}>
            {say('try.run')}
          </button>
        </div>
      </fieldset>
      <Failure of={failed} />
      {tried !== undefined && (
        <ol className="tried" aria-label={say('try.outcome')}>
          {tried.map((step, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: they are read as a whole, in order
            <Outcome key={at} step={step} />
          ))}
        </ol>
      )}
    </form>
  );
}

function Outcome({ step: { at, event, does, held, whyNot } }: { step: Tried }) {
  const say = useMomentWords();
  const { language, state } = usePanel();
  const time = (ms: number) =>
    dateTime(ms, Date.now() + state.clockOffset, language, state.setup?.site.timeZone ?? 'UTC');
  const queueName = (id: string) => nameIn(language, state.setup?.queues.find((one) => one.id === id)?.name ?? {}, id);
  const acts = does.length > 0;
  return (
    <li data-acts={acts}>
      <p className="tried-head">
        <time className="figures">{time(at)}</time>
        <strong>{event ?? say('try.passed')}</strong>
        <span className="chip" data-tone={acts ? 'good' : 'none'}>
          {say(acts ? 'try.acts' : 'try.nothing')}
        </span>
      </p>
      {(acts || held.length > 0) && (
        <ul>
          {does.map(({ kind, action, said }) => (
            <li key={kind}>
              <span className="chip" data-tone="accent">
                {wordOf(say, 'kind', kind)}
              </span>
              {said === undefined ? (
                <span className="tried-words">{actionInWords(action, language, queueName)}</span>
              ) : (
                <q lang={said[language] === undefined ? undefined : language}>{said[language] ?? said.en ?? said.zh}</q>
              )}
            </li>
          ))}
          {held.map(({ kind, why }) => (
            <li key={`held ${kind}`}>
              <span className="chip" data-tone="wait">
                {say('held.one', { kind: wordOf(say, 'kind', kind), why: wordOf(say, 'why', why) })}
              </span>
            </li>
          ))}
        </ul>
      )}
      {whyNot.map((why, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are read as a whole, in order
        <p key={place} className="muted">
          <Why why={why} time={time} />
        </p>
      ))}
    </li>
  );
}

function Why({ why: one, time }: { why: WhyNot; time: (ms: number) => string }) {
  const say = useMomentWords();
  const { language } = usePanel();
  const { event = '', tag = '', have = 0, need = 0 } = one;
  const until = one.until === undefined ? '' : time(one.until);
  switch (one.why) {
    case 'fact': {
      const wanted = one.wanted === undefined ? '' : conditionInWords(one.field ?? '', one.wanted, language);
      return one.is === undefined
        ? say('not.fact-missing', { wanted })
        : say('not.fact', { wanted, is: String(one.is) });
    }
    case 'restrained':
      return say('not.restrained', { reason: wordOf(say, 'why', one.reason ?? '') });
    default:
      return say(`not.${one.why}`, { event, tag, have, need, until });
  }
}
