// Phones inside panels: what a panel asks of its own, and what all panels of an agent are told about it.
import type { ConnectionQuality } from '../../media/webrtc-gateway.ts';
import type { AgentId } from '../../values/index.ts';
import type { PanelPhones, PanelPhoneView } from '../ports/index.ts';
import type { Actions, Asker } from './actions.ts';
import { failed } from './errors.ts';
import type { PhoneCommandName } from './phone-protocol.ts';
import type { Seats } from './seats.ts';

export class DeskPhones {
  readonly #phones: PanelPhones | undefined;
  readonly #seats: Seats;

  constructor(phones: PanelPhones | undefined, seats: Seats) {
    this.#phones = phones;
    this.#seats = seats;
    phones?.on('changed', this.#onChanged);
    phones?.on('quality', this.#onQuality);
  }

  /** For the snapshot. */
  view(agent: AgentId): PanelPhoneView | undefined {
    return this.#phones?.view(agent);
  }

  /** Her panels are closed: she signed out, or may not be here any more. */
  signedOut(agent: AgentId): void {
    const owner = this.#phones?.view(agent)?.owner;
    if (owner === undefined) return;
    this.#phones?.release(agent, owner).catch((error: unknown) => {
      this.#seats.options.logger.warn({ err: error, agent }, 'phone of a panel could not be released');
    });
  }

  close(): void {
    this.#phones?.off('changed', this.#onChanged);
    this.#phones?.off('quality', this.#onQuality);
  }

  get actions(): Pick<Actions, PhoneCommandName> {
    const phones = () => {
      if (!this.#phones?.available) throw failed['desk-no-phones']();
      return this.#phones;
    };
    const done = async (work: Promise<void>) => {
      await work;
      return {};
    };
    return {
      'phone-servers': ({ record }) => ({ iceServers: phones().iceServers(record.id) }),
      'phone-connect': async (asker, { offer, take }) => {
        const { record, panel } = asker;
        const how = { take: take || !this.#ownerIsThere(asker) };
        const connected = await phones().connect(record.id, panel.session, offer, how);
        return { ...connected, iceServers: phones().iceServers(record.id) };
      },
      'phone-renegotiate': ({ record, panel }, { offer }) => phones().renegotiate(record.id, panel.session, offer),
      'phone-release': ({ record, panel }) => done(phones().release(record.id, panel.session)),
      'phone-answer': ({ record }, { line }) => done(phones().answer(record.id, line)),
      'phone-decline': ({ record }, { line }) => {
        phones().decline(record.id, line);
        return {};
      },
      'phone-hangup': ({ record }, { line }) => {
        phones().hangup(record.id, line);
        return {};
      },
      'phone-mute': ({ record }, { on }) => done(phones().mute(record.id, on)),
    };
  }

  /** Whether the panel that has the audio is connected: from one that is not, it may be taken without asking. */
  #ownerIsThere({ record, seat }: Asker): boolean {
    const owner = this.#phones?.view(record.id)?.owner;
    return owner !== undefined && [...seat.panels].some(({ session }) => session === owner);
  }

  readonly #onChanged = (agent: AgentId, view: PanelPhoneView): void => {
    this.#seats.get(agent)?.tell('phone', view);
  };

  readonly #onQuality = (agent: AgentId, quality: ConnectionQuality): void => {
    const text = JSON.stringify({ live: 'phone-quality', with: quality });
    for (const panel of this.#seats.get(agent)?.panels ?? []) panel.sendLive(text);
  };
}
