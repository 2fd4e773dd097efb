// What fails to be drawn does not take the rest of the panel with it: a call goes on whatever a card does.
import { Component, type ReactNode } from 'react';
import { usePreferences } from '../panel-context.ts';

interface Props {
  /** Another one begins anew: the contact, the page. */
  of: string;
  children: ReactNode;
}

/** React tells the console what failed. */
export class Boundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidUpdate(before: Props) {
    if (this.state.failed && before.of !== this.props.of) this.setState({ failed: false });
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return <Broken onAgain={() => this.setState({ failed: false })} />;
  }
}

function Broken({ onAgain }: { onAgain: () => void }) {
  const { t } = usePreferences();
  return (
    <div className="failure" role="alert">
      <span>{t('failed.drawing')}</span>
      <button type="button" className="secondary small" onClick={onAgain}>
        {t('failed.again')}
      </button>
      <button type="button" className="secondary small" onClick={() => location.reload()}>
        {t('failed.reload-button')}
      </button>
    </div>
  );
}
