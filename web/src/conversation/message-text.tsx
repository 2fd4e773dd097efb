import { useEffect, useState } from 'react';
import { Icon } from '../parts/icon.tsx';
import { addressOf } from '../rest.ts';
import type { Message } from './state.ts';
import { useConversationWords } from './words.ts';

type Content = Message['content'];
type Attachment = Extract<Content, { type: 'media' }>['attachment'];

/** What a message says, whatever it is. Everything from outside is text, never markup. */
export function MessageText({ content }: { content: Content }) {
  const say = useConversationWords();
  switch (content.type) {
    case 'text':
      return (
        <>
          {content.subject !== undefined && <strong className="message-subject">{content.subject}</strong>}
          <p className="message-text">{content.text}</p>
          {content.attachments?.map((one) => (
            <AttachmentLink key={one.id} attachment={one} />
          ))}
        </>
      );
    case 'media':
      return (
        <>
          <AttachmentLink attachment={content.attachment} />
          {content.caption !== undefined && <p className="message-text">{content.caption}</p>}
        </>
      );
    case 'menu':
      return (
        <>
          <p className="message-text">{content.text}</p>
          <ul className="message-choices" aria-label={say('choices')}>
            {content.choices.map((choice) => (
              <li key={choice.key} className="chip">
                {choice.label}
              </li>
            ))}
          </ul>
        </>
      );
    case 'choice':
      return <p className="message-text">{say('chose', { label: content.label ?? content.key })}</p>;
    case 'location':
      return (
        <p className="message-text">
          {say('location')}: {content.label} {content.latitude.toFixed(5)}, {content.longitude.toFixed(5)}
        </p>
      );
    case 'link':
      return (
        <p className="message-text">
          <a href={content.url} target="_blank" rel="noopener noreferrer nofollow">
            {content.title ?? content.url}
          </a>{' '}
          {content.description}
        </p>
      );
    case 'template':
      return (
        <p className="message-text">
          {say('template', { name: content.template })}: {Object.values(content.values).join(' · ')}
        </p>
      );
  }
}

function AttachmentLink({ attachment }: { attachment: Attachment }) {
  const say = useConversationWords();
  const { id, kind, name, mime, bytes, transcript } = attachment;
  const address = addressOf(`/attachments/${encodeURIComponent(id)}`);
  const shown = name ?? mime;
  return (
    <div className="attachment">
      {kind === 'image' && <Picture address={address} name={shown} />}
      {/* biome-ignore lint/a11y/useMediaCaption: what is said in it stands below, where anybody wrote it down */}
      {kind === 'voice' && <audio controls preload="none" src={address} aria-label={shown} />}
      <a href={address} download={name ?? id} aria-label={say('download', { name: shown })}>
        <Icon name="out" size={14} /> {shown} <span className="muted figures">{size(bytes)}</span>
      </a>
      {transcript !== undefined && <p className="message-text muted">{transcript}</p>}
    </div>
  );
}

/** The server offers files as downloads only; an image is shown from what was fetched. */
function Picture({ address, name }: { address: string; name: string }) {
  const [source, setSource] = useState<string>();
  useEffect(() => {
    const gone = new AbortController();
    let made: string | undefined;
    fetch(address, { signal: gone.signal })
      .then((response) => (response.ok ? response.blob() : undefined))
      .then((blob) => {
        if (!blob || gone.signal.aborted || !/^image\/(png|jpeg|gif|webp)$/.test(blob.type)) return;
        made = URL.createObjectURL(blob);
        setSource(made);
      })
      // The link below still leads to it.
      .catch(() => undefined);
    return () => {
      gone.abort();
      if (made !== undefined) URL.revokeObjectURL(made);
    };
  }, [address]);
  return source === undefined ? null : <img src={source} alt={name} className="picture" />;
}

function size(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
