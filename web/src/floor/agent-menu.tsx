import { nameIn } from '../i18n/translate.ts';
import { usePanel } from '../panel-context.ts';
import { Icon } from '../parts/icon.tsx';
import { Menu, MenuItem } from '../parts/menu.tsx';
import type { FloorAgent } from '../state/state.ts';
import { useFloorWords } from './words.ts';

/** What a supervisor can do about an agent's state. */
export function AgentMenu({ agent }: { agent: FloorAgent }) {
  const { t, language, state, act } = usePanel();
  const say = useFloorWords();
  const reasons = state.setup?.reasons ?? [];
  const force = (to: 'ready' | 'not-ready' | 'sign-out', reason?: string) =>
    void act('force', { agent: agent.agent, to, reason: reason ?? 'supervisor' });
  return (
    <Menu
      className="ghost round small"
      label={say('agent-menu', { agent: agent.name })}
      face={<Icon name="down" size={16} />}
    >
      {agent.presence === 'not-ready' && (
        <MenuItem onChoose={() => force('ready')}>
          <span className="dot" data-presence="ready" />
          {t('presence.go-ready')}
        </MenuItem>
      )}
      {reasons.map((one) => (
        <MenuItem key={one.reason} onChoose={() => force('not-ready', one.reason)}>
          <span className="dot" data-presence="not-ready" />
          {t('presence.not-ready')}: {nameIn(language, one.name, one.reason)}
        </MenuItem>
      ))}
      <MenuItem onChoose={() => force('sign-out')}>
        <Icon name="out" />
        {say('sign-out')}
      </MenuItem>
    </Menu>
  );
}
