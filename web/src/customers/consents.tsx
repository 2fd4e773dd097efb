import { useState } from 'react';
import { useNow } from '../clock.ts';
import { dateTime } from '../format.ts';
import { isKey } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Failure } from '../parts/failure.tsx';
import { RestFailed, rest, useRest } from '../rest.ts';
import type { Consent } from './types.ts';
import { kindName, useCustomerWords } from './words.ts';

const channels = ['*', 'voice', 'sms', 'mail', 'wechat', 'wecom', 'qq', 'weibo', 'webchat'] as const;
const purposes = ['*', 'service', 'marketing'] as const;

/** Her word about being written to or called, by channel and purpose. */
export function Consents({ customer }: { customer: string }) {
  const say = useCustomerWords();
  const { t, language, state } = usePanel();
  const now = useNow() + state.clockOffset;
  const timeZone = state.setup?.site.timeZone ?? 'UTC';
  const path = `/customers/${encodeURIComponent(customer)}/consents`;
  const { data, failed, reload } = useRest<{ consents: Consent[] }>(path);
  const [channel, setChannel] = useState('*');
  const [purpose, setPurpose] = useState('marketing');
  const [problem, setProblem] = useState<RestFailed>();
  const channelName = (name: string) => {
    if (name === '*') return say('consent.all-channels');
    const key = `channel.${name}`;
    return isKey(key) ? t(key) : kindName(say, name);
  };
  const purposeName = (name: string) =>
    name === '*'
      ? say('consent.all-purposes')
      : name === 'service' || name === 'marketing'
        ? say(`purpose.${name}`)
        : name;
  const put = async (given: boolean) => {
    setProblem(undefined);
    try {
      await rest(`${path}/${encodeURIComponent(channel)}/${encodeURIComponent(purpose)}`, {
        method: 'PUT',
        body: { given },
      });
      reload();
    } catch (error) {
      if (!(error instanceof RestFailed)) throw error;
      setProblem(error);
    }
  };
  return (
    <>
      <Failure of={failed ?? problem} />
      {data?.consents.length === 0 && <p className="muted">{say('consents.none')}</p>}
      <ul className="consents">
        {data?.consents.map((one) => (
          <li key={`${one.channel} ${one.purpose}`}>
            <span className="chip" data-tone={one.given ? 'good' : 'bad'}>
              {say(one.given ? 'consent.agreed' : 'consent.refused')}
            </span>
            <span>
              {channelName(one.channel)} · {purposeName(one.purpose)}
            </span>
            <span className="muted figures">
              {dateTime(one.since, now, language, timeZone)} · {say('tag.by', { by: one.by })}
            </span>
          </li>
        ))}
      </ul>
      <div className="inline-form">
        <select
          aria-label={say('consent.channel')}
          value={channel}
          onChange={(event) => setChannel(event.target.value)}
        >
          {channels.map((one) => (
            <option key={one} value={one}>
              {channelName(one)}
            </option>
          ))}
        </select>
        <select
          aria-label={say('consent.purpose')}
          value={purpose}
          onChange={(event) => setPurpose(event.target.value)}
        >
          {purposes.map((one) => (
            <option key={one} value={one}>
              {purposeName(one)}
            </option>
          ))}
        </select>
        <button type="button" className="secondary" onClick={() => void put(true)}>
          {say('consent.agree')}
        </button>
        <button type="button" className="secondary" onClick={() => void put(false)}>
          {say('consent.refuse')}
        </button>
      </div>
    </>
  );
}
