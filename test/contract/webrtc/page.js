// What runs inside the page of a BrowserPhone: RTCPeerConnection and Web Audio, nothing else.
globalThis.phone = {
  /** A new peer connection, as after a load of the page. */
  async offer(direction, configuration) {
    const context = new AudioContext();
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    gain.gain.value = 0;
    const out = context.createMediaStreamDestination();
    oscillator.connect(gain).connect(out);
    oscillator.start();
    const ear = context.createAnalyser();
    ear.fftSize = 8192;
    const pc = new RTCPeerConnection(configuration);
    const [microphone] = out.stream.getAudioTracks();
    pc.addTransceiver(direction === 'sendrecv' ? microphone : 'audio', { direction });
    pc.ontrack = ({ track, streams }) => {
      const stream = streams[0] ?? new MediaStream([track]);
      // Chromium decodes only what something plays.
      const audio = new Audio();
      audio.srcObject = stream;
      void audio.play();
      context.createMediaStreamSource(stream).connect(ear);
    };
    Object.assign(this, { pc, context, oscillator, gain, ear });
    await pc.setLocalDescription();
    return pc.localDescription.sdp;
  },

  /** Another offer of the same peer connection. */
  async again(iceRestart) {
    await this.pc.setLocalDescription(await this.pc.createOffer({ iceRestart }));
    return this.pc.localDescription.sdp;
  },

  answered(sdp) {
    return this.pc.setRemoteDescription({ type: 'answer', sdp });
  },

  speak(hz) {
    this.gain.gain.value = hz === 0 ? 0 : 0.3;
    if (hz > 0) this.oscillator.frequency.value = hz;
  },

  /** What the last 170 ms hold: which part of their power lies at each frequency, and their loudest sample, 0 to 1. */
  listen(tones) {
    const samples = new Float32Array(this.ear.fftSize);
    this.ear.getFloatTimeDomainData(samples);
    let power = 0;
    let peak = 0;
    for (const sample of samples) {
      power += sample * sample;
      peak = Math.max(peak, Math.abs(sample));
    }
    // A floor of power, so that the noise of silence is no tone.
    const floor = samples.length * 1e-7;
    const shares = tones.map((hz) => {
      const coefficient = 2 * Math.cos((2 * Math.PI * hz) / this.context.sampleRate);
      let one = 0;
      let two = 0;
      for (const sample of samples) {
        const now = sample + coefficient * one - two;
        two = one;
        one = now;
      }
      const at = one * one + two * two - coefficient * one * two;
      return (2 * at) / (samples.length * (power + floor));
    });
    return { shares, peak };
  },

  /** `relay` where its packets go over a TURN server. */
  async path() {
    const stats = [...(await this.pc.getStats()).values()];
    const transport = stats.find(({ type }) => type === 'transport');
    const pair = stats.find(({ id }) => id === transport?.selectedCandidatePairId);
    return stats.find((one) => one.id === pair?.localCandidateId)?.candidateType;
  },

  state() {
    return this.pc.connectionState;
  },

  async hangUp() {
    this.pc.close();
    await this.context.close();
  },
};
