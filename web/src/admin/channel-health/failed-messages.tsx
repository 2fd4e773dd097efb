import { MessageText } from '../../conversation/message-text.tsx';
import { dateTime } from '../../format.ts';
import { usePanel } from '../../panel-context.ts';
import { Failure } from '../../parts/failure.tsx';
import { rest, useRest } from '../../rest.ts';
import type { FailedMessage } from './types.ts';
import { isChannelWord, useChannelWords } from './words.ts';

/** What could not be sent, why, and once more. */
export function FailedMessages({ channel, onChanged }: { channel: string; onChanged: () => void }) {
  const { language, state, change } = usePanel();
  const say = useChannelWords();
  const path = `/channel-health/${encodeURIComponent(channel)}/failed`;
  const { data, failed, reload } = useRest<{ messages: FailedMessage[] }>(path);
  const again = async (message: string) => {
    try {
      await rest(`/messages/${encodeURIComponent(message)}/retry`, { method: 'POST' });
      change({ on: 'notice', notice: { kind: 'good', about: 'said', text: say('failed.sent') } });
    } catch (error) {
      change({ on: 'notice', notice: { kind: 'bad', about: 'failed', reason: (error as Error).message } });
    }
    reload();
    onChanged();
  };
  const plainly = (code: string) => {
    const key = `code.${code}`;
    return isChannelWord(key) ? say(key) : code;
  };
  return (
    <>
      <Failure of={failed} onRetry={reload} />
      {data?.messages.length === 0 && <p className="muted">{say('failed.none')}</p>}
      <ul className="failed-messages" aria-label={say('failed')}>
        {data?.messages.map((one) => (
          <li key={one.message}>
            <div>
              <MessageText content={one.content} />
              <p className="failed-why">{plainly(one.code)}</p>
              {one.reason !== '' && <p className="hint">{say('words', { words: one.reason })}</p>}
            </div>
            <time className="muted figures" dateTime={new Date(one.at).toISOString()}>
              {dateTime(one.at, Date.now(), language, state.setup?.site.timeZone ?? 'UTC')}
            </time>
            <button type="button" className="secondary small" onClick={() => void again(one.message)}>
              {say('failed.send')}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
