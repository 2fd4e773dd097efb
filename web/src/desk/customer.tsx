import { useNow } from '../clock.ts';
import { useConversationWords } from '../conversation/words.ts';
import { dateTime, duration, initials, phone } from '../format.ts';
import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import type { DeskContact } from '../state/contacts.ts';
import { dispositionName } from '../state/dispositions.ts';
import { digitalAddress, nameOf } from '../state/names.ts';
import type { PopView } from '../state/state.ts';
import { CrmButton } from './crm-button.tsx';
import { Hints } from './hints.tsx';
import { KnowledgeCard } from './knowledge-card.tsx';

type Content = PopView['content'];

/** The screen-pop: who it is, what was pressed and entered, what was before. */
export function Customer({ contact }: { contact: DeskContact }) {
  const { t, language, state } = usePanel();
  const say = useConversationWords();
  const content = contact.pop?.content;
  if (content === undefined) return <CallData call={contact.call} />;
  const { customer, from, to, queue } = content;
  const name = nameOf(content);
  const voice = contact.channel === 'voice';
  const number = from === undefined ? t('contact.withheld') : phone(from);
  const where = voice ? number : (digitalAddress(content) ?? t(`channel.${contact.channel}`));
  const card = state.setup?.queues.find((one) => one.id === queue);
  return (
    <div className="customer">
      <section className="card who" aria-label={t('customer.title')}>
        <span className="portrait" aria-hidden="true">
          {name === undefined ? <Icon name="person" size={28} /> : initials(name)}
        </span>
        <div className="who-name">
          <h2>{name ?? (voice ? t('contact.unknown') : say('visitor'))}</h2>
          <p className="figures">{where}</p>
        </div>
        {customer !== undefined && customer.tags.length > 0 && (
          <ul className="tags" aria-label={t('customer.tags')}>
            {customer.tags.map((tag) => (
              <li key={tag}>{tag}</li>
            ))}
          </ul>
        )}
        <CrmButton contact={contact} />
        <dl className="facts">
          <Fact name={t('customer.language')} value={t(`language.${content.language}`)} />
          {voice && <Fact name={t('customer.to')} value={to} />}
          {queue !== undefined && <Fact name={t('customer.queue')} value={nameIn(language, card?.name ?? {}, queue)} />}
        </dl>
      </section>
      <Hints hints={content.hints} />
      <Path content={content} />
      <Variables content={content} />
      <KnowledgeCard contact={contact} />
      <Earlier content={content} />
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function CallData({ call }: { call: DeskContact['call'] }) {
  const { t } = usePanel();
  if (call === undefined) return null;
  return (
    <div className="customer">
      <section className="card who">
        <dl className="facts">
          {call.from !== undefined && <Fact name={t('customer.from')} value={phone(call.from)} />}
          <Fact name={t('customer.to')} value={phone(call.to)} />
        </dl>
      </section>
    </div>
  );
}

/** What the caller did. Where the flow went by itself tells her nothing, and the queue stands above. */
function Path({ content }: { content: Content }) {
  const { t } = usePanel();
  const steps = content.path.filter(({ type }) => type === 'menu' || type === 'collect');
  // Who wrote has heard no menu, unless a bot asked her.
  if (content.channel !== 'voice' && steps.length === 0) return null;
  return (
    <section className="card">
      <h3>{t('path.title')}</h3>
      {steps.length === 0 ? (
        <p className="muted">{t('path.none')}</p>
      ) : (
        <ol className="path">
          {steps.map((step) => (
            <Step key={`${step.at} ${step.node}`} step={step} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Step({ step: { node, type, label, value } }: { step: Content['path'][number] }) {
  const { t } = usePanel();
  // A try that led to nothing is noted with the interpreter's own word for it.
  const failed = value === undefined && (label === 'timeout' || label === 'invalid') ? label : undefined;
  const isMenu = type === 'menu';
  return (
    <li>
      <span className="path-node">{readable(isMenu || failed !== undefined ? node : (label ?? node))}</span>
      {value !== undefined && (
        <span className="path-value">
          <span className="hidden">{t(isMenu ? 'path.pressed' : 'path.entered')}</span>
          <kbd className="figures">{value}</kbd>
        </span>
      )}
      {failed !== undefined && <span className="path-label">{t(`path.${failed}`)}</span>}
      {isMenu && failed === undefined && label !== undefined && <span className="path-label">{label}</span>}
      {/* What was entered secretly is known to the flow alone. */}
      {!isMenu && failed === undefined && value === undefined && (
        <span className="path-label">{t('path.entered')}</span>
      )}
    </li>
  );
}

function Variables({ content }: { content: Content }) {
  const { t } = usePanel();
  const entries = Object.entries(content.variables);
  if (entries.length === 0) return null;
  return (
    <section className="card">
      <h3>{t('data.title')}</h3>
      <dl className="facts">
        {entries.map(([name, value]) => (
          <Fact key={name} name={readable(name)} value={value} />
        ))}
      </dl>
    </section>
  );
}

function Earlier({ content }: { content: Content }) {
  const { t, language, state } = usePanel();
  const now = useNow() + state.clockOffset;
  const timeZone = state.setup?.site.timeZone ?? 'UTC';
  const queues = state.setup?.queues ?? [];
  const queueName = (id: string) => {
    const card = queues.find((one) => one.id === id);
    return nameIn(language, card?.name ?? {}, id);
  };
  const people = [...state.colleagues, ...(state.setup === undefined ? [] : [state.setup.me])];
  const agentName = (id: string) => people.find((one) => one.id === id)?.name ?? id;
  return (
    <section className="card grow">
      <h3>
        {t('earlier.title')} {content.earlier.length > 0 && <span className="count">{content.earlier.length}</span>}
      </h3>
      {content.earlier.length === 0 && <p className="muted">{t('earlier.none')}</p>}
      <ol className="timeline">
        {content.earlier.map((one) => (
          <li key={`${one.site} ${one.interaction}`}>
            <Icon name={one.channel === 'voice' ? 'phone' : one.channel === 'work' ? 'check' : 'chat'} size={16} />
            <div>
              <p className="timeline-head">
                <time className="figures" dateTime={new Date(one.at).toISOString()}>
                  {dateTime(one.at, now, language, timeZone)}
                </time>
                <span>{t(`channel.${one.channel}`)}</span>
                {one.site !== undefined && <span className="chip">{one.site}</span>}
                {one.queue !== undefined && <span>{queueName(one.queue)}</span>}
                {one.agent !== undefined && <span>{agentName(one.agent)}</span>}
                {one.talkMs !== undefined && <span>{t('earlier.talk', { time: duration(one.talkMs) })}</span>}
                {one.disposition !== undefined && (
                  <span className="chip">
                    {dispositionName(one.disposition, { queue: one.queue, queues, language, t })}
                  </span>
                )}
              </p>
              {one.note !== undefined && <p className="timeline-note">{one.note}</p>}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** `account-number` → `Account number`: names of nodes and variables are the flow author's. */
function readable(name: string): string {
  const words = name
    .replace(/[-_]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
