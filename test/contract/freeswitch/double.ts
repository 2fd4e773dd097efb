// A FreeSWITCH as its event socket and its SIP show it; the audio behind is our own RTP engine's, so that phones hear and
// say something. It says what FreeSWITCH's documentation and mod_event_socket, mod_commands and mod_conference say; it proves
// that the driver speaks to that, not that a FreeSWITCH does.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { basename } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Audio, Bridge, MediaEndpoint, MediaServer, Playback, Recording } from '../../../media/media-server.ts';
import { newId } from '../../../values/index.ts';
import { apiAnswer, channelData, readCommands, reply, type SocketCommand, sendEvent } from './event-socket-side.ts';
import { type SipChannel, SipSide } from './sip-side.ts';

interface Channel {
  uuid: string;
  endpoint: MediaEndpoint;
  /** The far side's description is still to come. */
  offered: boolean;
  socket: Socket | undefined;
  playback: Playback | undefined;
  conference: { room: Conference; number: string; left: () => void } | undefined;
  recordings: Map<string, { recording: Recording; sealed: Promise<void> | undefined }>;
  stereo: boolean;
  /** `read`, `write`. */
  mute: Set<string>;
}

interface Conference {
  name: string;
  bridge: Bridge;
  members: Map<string, Channel>;
  next: number;
  playback: Playback | undefined;
  /** `speaker hearer` of those who are not heard. */
  unheard: Set<string>;
  muted: Set<string>;
}

export class FreeswitchDouble {
  readonly #server: Server;
  readonly #media: MediaServer;
  readonly #inbound = new Set<Socket>();
  readonly #watchers = new Set<Socket>();
  readonly #channels = new Map<string, Channel>();
  readonly #conferences = new Map<string, Conference>();
  readonly #ending = new Set<Promise<unknown>>();
  #sip: SipSide | undefined;
  password = 'secret';
  profile = 'drachtio_mrf';
  /** All commands of the control connection. */
  readonly commands: string[] = [];

  private constructor(server: Server, media: MediaServer) {
    this.#server = server;
    this.#media = media;
    server.on('connection', (socket) => this.#controlled(socket));
  }

  static async open(media: MediaServer, port = 0): Promise<FreeswitchDouble> {
    const server = createServer();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const double = new FreeswitchDouble(server, media);
    double.#sip = await SipSide.open({
      invited: (channel, sdp) => double.#invited(channel, sdp),
      reinvited: (channel, sdp) => double.#reinvited(channel, sdp),
      answered: (channel) => double.#answered(channel),
      ended: (channel) => double.#gone(channel.uuid),
    });
    return double;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get counts(): { channels: number; conferences: number; calls: number } {
    return { channels: this.#channels.size, conferences: this.#conferences.size, calls: this.#sip?.calls ?? 0 };
  }

  /** BYE to everybody, as `hupall` does. */
  hangUpAll(): void {
    for (const channel of [...this.#channels.values()]) this.#hangUp(channel);
  }

  /** The control connection breaks; channels stay. */
  cutControl(): void {
    for (const socket of this.#inbound) socket.destroy();
  }

  /** As when the process is killed: all connections break, nobody says BYE. */
  async crash(): Promise<void> {
    const channels = [...this.#channels.values()];
    const conferences = [...this.#conferences.values()];
    this.#channels.clear();
    this.#conferences.clear();
    for (const { socket } of channels) socket?.destroy();
    this.#sip?.close();
    this.cutControl();
    if (this.#server.listening) {
      this.#server.close();
      await once(this.#server, 'close');
    }
    for (const { endpoint } of channels) await endpoint.close();
    for (const { bridge } of conferences) await bridge.close();
    // Channels that ended just before have media behind them still.
    await Promise.all(this.#ending);
  }

  async #invited(channel: SipChannel, sdp: string): Promise<string | number> {
    try {
      const offer = sdp === '' ? undefined : sdp;
      const endpoint = await this.#media.open({ id: newId('end'), offer, purpose: 'double' });
      this.#channels.set(channel.uuid, {
        uuid: channel.uuid,
        endpoint,
        offered: offer === undefined,
        socket: undefined,
        playback: undefined,
        conference: undefined,
        recordings: new Map(),
        stereo: false,
        mute: new Set(),
      });
      return endpoint.sdp;
    } catch {
      return 488;
    }
  }

  async #reinvited({ uuid }: SipChannel, sdp: string): Promise<string | number> {
    const channel = this.#channels.get(uuid);
    if (!channel) return 488;
    try {
      if (!channel.offered) return await channel.endpoint.renegotiate(sdp);
      channel.offered = false;
      await channel.endpoint.accept(sdp, { final: true });
      return channel.endpoint.sdp;
    } catch {
      return 488;
    }
  }

  /** The dialplan: `socket <address> async full`. */
  #answered(sip: SipChannel): void {
    const channel = this.#channels.get(sip.uuid);
    const [host, port] = (sip.header('X-esl-outbound') ?? '').split(':');
    if (!channel || !host) return;
    const socket = connect(Number(port), host);
    channel.socket = socket;
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      // A channel whose event socket is gone hangs up.
      if (this.#channels.has(channel.uuid)) this.#hangUp(channel);
    });
    channel.endpoint.on('dtmf', ({ digit, ms }) =>
      sendEvent(socket, {
        'Event-Name': 'DTMF',
        'Unique-ID': channel.uuid,
        'DTMF-Digit': digit,
        'DTMF-Duration': String(ms * 8),
        'DTMF-Source': 'RTP',
      }),
    );
    readCommands(socket, (command) => this.#channelCommand(channel, sip, socket, command));
  }

  #channelCommand(channel: Channel, sip: SipChannel, socket: Socket, { line, headers }: SocketCommand): void {
    if (line === 'connect') {
      channelData(socket, {
        'Event-Name': 'CHANNEL_DATA',
        'Unique-ID': channel.uuid,
        'Channel-Unique-ID': channel.uuid,
        variable_sip_user_agent: sip.header('User-Agent') ?? '',
        variable_rtp_local_sdp_str: channel.endpoint.sdp,
        variable_switch_r_sdp: '',
        variable_dtmf_type: 'rfc2833',
      });
      return;
    }
    if (line.startsWith('api ')) {
      void this.#api(line.slice(4)).then((answer) => apiAnswer(socket, answer));
      return;
    }
    reply(socket, '+OK');
    if (!line.startsWith('sendmsg')) return;
    const application = headers['execute-app-name'] ?? '';
    void this.#execute(channel, application, headers['execute-app-arg'] ?? '').then((response) =>
      sendEvent(socket, {
        'Event-Name': 'CHANNEL_EXECUTE_COMPLETE',
        'Unique-ID': channel.uuid,
        Application: application,
        'Application-UUID': headers['Event-UUID'] ?? '',
        'Application-Response': response,
      }),
    );
  }

  async #execute(channel: Channel, application: string, argument: string): Promise<string> {
    if (application === 'playback') {
      channel.playback = channel.endpoint.play(audioOf(argument));
      return (await channel.playback.ended) === 'failed' ? 'FILE NOT FOUND' : 'FILE PLAYED';
    }
    if (application === 'conference') {
      await this.#join(channel, argument);
      return '_none_';
    }
    return '-ERR no such application';
  }

  async #join(channel: Channel, argument: string): Promise<void> {
    const [, name = '', flags = ''] = /^([^@]+)@switchroom(?:\+flags\{(.*)\})?$/.exec(argument) ?? [];
    let room = this.#conferences.get(name);
    if (!room) {
      const bridge = await this.#media.bridge(newId('brg'), { dtmf: 'absorb' });
      room = { name, bridge, members: new Map(), next: 1, playback: undefined, unheard: new Set(), muted: new Set() };
      this.#conferences.set(name, room);
    }
    const number = String(room.next++);
    room.members.set(number, channel);
    if (flags === 'mute') room.muted.add(number);
    await this.#roles(room);
    const left = new Promise<void>((resolve) => {
      if (room) channel.conference = { room, number, left: resolve };
    });
    this.#maintenance(room, { Action: 'add-member', 'Member-ID': number, 'Unique-ID': channel.uuid });
    await left;
  }

  async #roles({ bridge, members, unheard, muted }: Conference): Promise<void> {
    for (const [number, { endpoint }] of members) {
      const hearers = [...members.keys()].filter((other) => other !== number && !unheard.has(`${number} ${other}`));
      const only = hearers.length === 1 && members.size > 2 ? members.get(hearers[0] ?? '') : undefined;
      const role = muted.has(number) ? 'listen' : only ? { whisperTo: only.endpoint.id } : 'talk';
      if (JSON.stringify(bridge.members.get(endpoint.id)) !== JSON.stringify(role)) await bridge.add(endpoint.id, role);
    }
  }

  #maintenance(room: Conference, event: Record<string, string>): void {
    for (const socket of this.#watchers) {
      sendEvent(socket, {
        'Event-Name': 'CUSTOM',
        'Event-Subclass': 'conference::maintenance',
        'Conference-Name': room.name,
        ...event,
      });
    }
  }

  #controlled(socket: Socket): void {
    this.#inbound.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#inbound.delete(socket);
      this.#watchers.delete(socket);
    });
    socket.write('Content-Type: auth/request\n\n');
    let turn: Promise<void> = Promise.resolve();
    readCommands(socket, ({ line }) => {
      if (line.startsWith('auth ')) {
        const ok = line === `auth ${this.password}`;
        reply(socket, ok ? '+OK accepted' : '-ERR invalid');
        if (!ok) socket.end();
      } else if (line.startsWith('api ')) {
        const command = line.slice(4);
        this.commands.push(command);
        // One after the other, as FreeSWITCH does on one connection.
        turn = turn
          .then(() => this.#api(command))
          .then(
            (answer) => apiAnswer(socket, answer),
            (error: Error) => apiAnswer(socket, `-ERR ${error.message}\n`),
          );
      } else {
        if (line.includes('conference::maintenance')) this.#watchers.add(socket);
        reply(socket, '+OK');
      }
    });
  }

  async #api(command: string): Promise<string> {
    const [name = '', first = '', ...rest] = command.split(' ');
    if (command === 'sofia status') return this.#status();
    if (name === 'conference') return this.#conferenceCommand(first, rest);
    const channel = this.#channels.get(first);
    if (!channel) return '-ERR No such channel!\n';
    switch (name) {
      case 'uuid_kill':
        this.#hangUp(channel);
        return '+OK\n';
      case 'uuid_break':
        channel.playback?.stop();
        return '+OK\n';
      case 'uuid_setvar':
        if (rest[0] === 'RECORD_STEREO') channel.stereo = rest[1] === 'true';
        return '+OK\n';
      case 'uuid_record':
        return this.#record(channel, rest[0] ?? '', rest[1] ?? '');
      case 'uuid_audio':
        if (rest[0] === 'stop') channel.mute.clear();
        else channel.mute.add(rest[1] ?? '');
        await channel.endpoint.direction(
          channel.mute.size === 2
            ? 'inactive'
            : channel.mute.has('read')
              ? 'sendonly'
              : channel.mute.has('write')
                ? 'recvonly'
                : 'sendrecv',
        );
        return '+OK\n';
      case 'uuid_send_dtmf':
        await channel.endpoint.sendDtmf(rest[0] ?? '');
        return '+OK\n';
      case 'uuid_set_media_stats':
        return '+OK\n';
      case 'uuid_dump': {
        const { received, lost, mos, codec } = await channel.endpoint.quality();
        const values = {
          'Unique-ID': channel.uuid,
          variable_rtp_local_sdp_str: channel.endpoint.sdp,
          variable_rtp_audio_in_media_packet_count: String(received),
          variable_rtp_audio_in_skip_packet_count: String(lost),
          variable_rtp_audio_in_jitter_max_variance: '4.00',
          variable_rtp_audio_in_mos: mos.toFixed(2),
          variable_rtp_use_codec_name: codec,
        };
        return `${Object.entries(values)
          .map(([key, value]) => `${key}: ${encodeURIComponent(value)}`)
          .join('\n')}\n`;
      }
      default:
        return `-ERR ${name} Command not found!\n`;
    }
  }

  #status(): string {
    const line = `${this.profile}\tprofile\t        sip:mod_sofia@127.0.0.1:${this.#sip?.port}\tRUNNING (${this.counts.calls})`;
    return `                     Name\t   Type\t                                      Data\tState\n${line}\n`;
  }

  async #conferenceCommand(name: string, [action = '', ...args]: string[]): Promise<string> {
    const room = this.#conferences.get(name);
    if (!room) return `-ERR Conference ${name} not found\n`;
    if (action === 'play') {
      const [sound = '', number] = args;
      const member = number === undefined ? undefined : room.members.get(number);
      const playback = member ? member.endpoint.play(audioOf(sound)) : room.bridge.play(audioOf(sound));
      if (member) member.playback = playback;
      else room.playback = playback;
      void playback.ended.then(() => {
        if (number === undefined) this.#maintenance(room, { Action: 'play-file-done', File: sound });
        else this.#maintenance(room, { Action: 'play-file-member-done', 'Member-ID': number, File: sound });
      });
      return `(play) Playing file ${sound}\n`;
    }
    if (action === 'stop') {
      const member = args[1] === undefined ? undefined : room.members.get(args[1]);
      (member ?? room).playback?.stop();
      return '+OK Stopped 1 files.\n';
    }
    if (action === 'list') return `+OK ${room.members.size}\n`;
    const [number = '', other = '', relation = ''] = args;
    const channel = room.members.get(number);
    if (!channel) return `-ERR Non-Existant ID ${number}\n`;
    if (action === 'kick') await this.#leave(channel);
    else if (action === 'mute') room.muted.add(number);
    else if (action === 'unmute') room.muted.delete(number);
    else if (action === 'relate' && relation === 'nospeak') room.unheard.add(`${number} ${other}`);
    else if (action === 'relate') room.unheard.delete(`${number} ${other}`);
    else return `-ERR ${action} is no conference command\n`;
    await this.#roles(room);
    return `+OK ${action} ${number}\n`;
  }

  async #leave(channel: Channel): Promise<void> {
    const { conference } = channel;
    if (!conference) return;
    const { room, number, left } = conference;
    channel.conference = undefined;
    room.members.delete(number);
    await room.bridge.remove(channel.endpoint.id);
    this.#maintenance(room, { Action: 'del-member', 'Member-ID': number, 'Unique-ID': channel.uuid });
    left();
    // The last two may leave at once.
    if (room.members.size > 0 || this.#conferences.get(room.name) !== room) return;
    this.#conferences.delete(room.name);
    await room.bridge.close();
  }

  async #record(channel: Channel, action: string, path: string): Promise<string> {
    if (action === 'start') {
      const id = newId('rec');
      const recording = channel.endpoint.record({ id, channels: channel.stereo ? 2 : 1 });
      channel.recordings.set(path, { recording, sealed: undefined });
      return '+OK Success\n';
    }
    const running = channel.recordings.get(path);
    if (!running) return `-ERR Cannot stop recording ${basename(path)}\n`;
    running.sealed ??= write(running.recording, path);
    await running.sealed;
    return '+OK Success\n';
  }

  #hangUp(channel: Channel): void {
    this.#sip?.hangUp(channel.uuid);
    this.#gone(channel.uuid);
  }

  #gone(uuid: string): void {
    const channel = this.#channels.get(uuid);
    if (!channel) return;
    this.#channels.delete(uuid);
    const { socket } = channel;
    if (socket && !socket.destroyed) {
      sendEvent(socket, {
        'Event-Name': 'CHANNEL_CALLSTATE',
        'Unique-ID': uuid,
        'Channel-Call-State': 'HANGUP',
        'Hangup-Cause': 'NORMAL_CLEARING',
      });
      socket.end();
    }
    const ending: Promise<unknown> = this.#leave(channel)
      .then(() => Promise.all([...channel.recordings].map(([path, one]) => one.sealed ?? write(one.recording, path))))
      .finally(() => channel.endpoint.close())
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

async function write(recording: Recording, path: string): Promise<void> {
  await recording.stop();
  writeFileSync(path, await buffer((await recording.read()).stream));
}

/** What `playback` and `conference play` are told. */
function audioOf(sound: string): Audio[] {
  const parts = sound.startsWith('file_string://') ? sound.slice('file_string://'.length).split('!') : [sound];
  return parts.map((part): Audio => {
    const tone = /^tone_stream:\/\/%\((\d+),0,([\d,]+)\)$/.exec(part);
    if (tone) return { kind: 'tone', ms: Number(tone[1]), hz: (tone[2] ?? '').split(',').map(Number) };
    if (part.startsWith('silence_stream://')) return { kind: 'silence', ms: Number(part.slice(17)) };
    return { kind: 'file', path: part, hash: createHash('sha256').update(readFileSync(part)).digest('hex') };
  });
}
