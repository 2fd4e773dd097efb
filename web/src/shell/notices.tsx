import { useEffect } from 'react';
import { phone } from '../format.ts';
import type { Translate } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import type { DetourEnd, Notice } from '../state/state.ts';
import { detourText } from '../state/wording.ts';

const shownMs = { info: 8_000, good: 8_000, bad: 20_000 };

export function Notices() {
  const { t, language, state, change } = usePanel();
  const detour = (end: DetourEnd) => detourText(end, { flows: state.setup?.flows, language, t });
  return (
    <section className="notices" aria-label={t('notices.title')} aria-live="polite">
      {state.notices.map((notice) => (
        <NoticeLine
          key={notice.id}
          notice={notice}
          text={textOf(notice, t, detour)}
          dismiss={t('notices.dismiss')}
          onDismiss={() => change({ on: 'dismiss', id: notice.id })}
        />
      ))}
    </section>
  );
}

function NoticeLine({
  notice,
  text,
  dismiss,
  onDismiss,
}: {
  notice: Notice;
  text: string;
  dismiss: string;
  onDismiss: () => void;
}) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: its time begins when it appears
  useEffect(() => {
    const timer = setTimeout(onDismiss, shownMs[notice.kind]);
    return () => clearTimeout(timer);
  }, [notice.id]);
  return (
    <div className="notice" data-kind={notice.kind}>
      <p>{text}</p>
      <button type="button" className="ghost round small" aria-label={dismiss} onClick={onDismiss}>
        <Icon name="close" size={16} />
      </button>
    </div>
  );
}

function textOf(notice: Notice, t: Translate, detour: (end: DetourEnd) => string): string {
  switch (notice.about) {
    case 'offer': {
      const from =
        notice.from === undefined ? t('contact.unknown') : /^\+\d/.test(notice.from) ? phone(notice.from) : notice.from;
      return notice.written && notice.outcome !== 'unreachable'
        ? t(`offer.written.${notice.outcome}`, { from })
        : t(`offer.outcome.${notice.outcome}`, { from });
    }
    case 'failed':
      return notice.reason;
    case 'said':
      return notice.text;
    case 'review':
      return t(notice.approved ? 'review.approved' : 'review.sent-back', { why: notice.why });
    case 'detour':
      return detour(notice);
  }
}
