// A call from the page: one WebRTC connection, audio both ways, until either side hangs up.
export type CallState = 'calling' | 'up' | 'over';

/** A network that changes may take so long to be back. */
const lostMs = 10_000;

export class VisitorCall {
  readonly #peer: RTCPeerConnection;
  readonly #audio = new Audio();
  readonly #stream: MediaStream;
  readonly #changed: (state: CallState) => void;
  #over = false;
  #lost = 0;

  private constructor(stream: MediaStream, iceServers: RTCIceServer[], changed: (state: CallState) => void) {
    this.#peer = new RTCPeerConnection({ iceServers });
    this.#stream = stream;
    this.#changed = changed;
    for (const track of stream.getAudioTracks()) this.#peer.addTrack(track, stream);
    this.#peer.ontrack = ({ track, streams }) => {
      this.#audio.srcObject = streams[0] ?? new MediaStream([track]);
      void this.#audio.play();
    };
    this.#peer.onconnectionstatechange = () => {
      const { connectionState } = this.#peer;
      clearTimeout(this.#lost);
      if (connectionState === 'connected') this.#changed('up');
      else if (connectionState === 'failed' || connectionState === 'closed') this.end();
      else if (connectionState === 'disconnected') this.#lost = window.setTimeout(() => this.end(), lostMs);
    };
  }

  /** Asks for the microphone. @throws where the visitor, or the browser, does not give it */
  static async open(relays: RTCIceServer[], changed: (state: CallState) => void): Promise<VisitorCall> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    return new VisitorCall(stream, relays, changed);
  }

  async offer(): Promise<string> {
    await this.#peer.setLocalDescription();
    return this.#peer.localDescription?.sdp ?? '';
  }

  async answered(sdp: string): Promise<void> {
    await this.#peer.setRemoteDescription({ type: 'answer', sdp });
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#lost);
    for (const track of this.#stream.getTracks()) track.stop();
    this.#peer.close();
    this.#audio.srcObject = null;
    this.#changed('over');
  }
}
