// What runs inside the page of a SipBrowserPhone beside page.js: a phone of SIP.js that registers, calls and is called. Its
// microphone is page.js's oscillator, and page.js's ear hears what comes.
import { Inviter, Registerer, RegistererState, UserAgent, Web } from 'sip.js';

const { phone } = globalThis;

function openAudio() {
  const context = new AudioContext();
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  gain.gain.value = 0;
  const out = context.createMediaStreamDestination();
  oscillator.connect(gain).connect(out);
  oscillator.start();
  const ear = context.createAnalyser();
  ear.fftSize = 8192;
  Object.assign(phone, { context, oscillator, gain, ear });
  return out.stream;
}

function listen(track) {
  const stream = new MediaStream([track]);
  // Chromium decodes only what something plays.
  const audio = new Audio();
  audio.srcObject = stream;
  void audio.play();
  phone.context.createMediaStreamSource(stream).connect(phone.ear);
}

phone.sip = {
  /** Of the one call: `none`, then as SIP.js names them. */
  get state() {
    return this.session?.state ?? 'none';
  },
  from: undefined,
  status: undefined,

  async register({ server, user, secret }) {
    const microphone = openAudio();
    this.agent = new UserAgent({
      uri: UserAgent.makeURI(`sip:${user}@switchroom`),
      authorizationUsername: user,
      authorizationPassword: secret,
      transportOptions: { server },
      logBuiltinEnabled: false,
      // A clone for each call: SIP.js stops the tracks of a call that is over.
      sessionDescriptionHandlerFactory: Web.defaultSessionDescriptionHandlerFactory(async () => microphone.clone()),
      sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers: [] } },
      delegate: { onInvite: (invitation) => this.use(invitation) },
    });
    await this.agent.start();
    this.registerer = new Registerer(this.agent);
    const registered = new Promise((done) => {
      this.registerer.stateChange.addListener((state) => state === RegistererState.Registered && done());
    });
    await this.registerer.register();
    await registered;
  },

  use(session) {
    this.session = session;
    this.from = session.remoteIdentity.uri.user;
    const heard = new Set();
    session.delegate = {
      onSessionDescriptionHandler: (handler) => {
        handler.peerConnectionDelegate = {
          ontrack: ({ track }) => {
            if (heard.has(track.id)) return;
            heard.add(track.id);
            listen(track);
          },
        };
      },
    };
  },

  answer() {
    return this.session.accept();
  },

  decline() {
    return this.session.reject({ statusCode: 486 });
  },

  async call(number) {
    const inviter = new Inviter(this.agent, UserAgent.makeURI(`sip:${number}@switchroom`));
    this.use(inviter);
    await inviter.invite({
      requestDelegate: {
        onReject: ({ message }) => {
          this.status = message.statusCode;
        },
      },
    });
  },

  cancel() {
    return this.session.cancel();
  },

  /** Resolves with the direction that the other side answered. */
  hold(on) {
    const { session } = this;
    session.sessionDescriptionHandlerOptionsReInvite = { hold: on };
    return new Promise((done, fail) => {
      session
        .invite({
          requestDelegate: {
            onAccept: ({ message }) => done(/a=(sendrecv|sendonly|recvonly|inactive)/.exec(message.body)?.[1]),
            onReject: ({ message }) => fail(new Error(`refused: ${message.statusCode}`)),
          },
        })
        .catch(fail);
    });
  },

  /** By RFC 4733, as SIP.js does it where telephone-event was agreed on. */
  tones(digits) {
    return this.session.sessionDescriptionHandler.sendDtmf(digits, { duration: 120, interToneGap: 60 });
  },

  async info(digit) {
    const body = { contentDisposition: 'render', contentType: 'application/dtmf-relay' };
    await this.session.info({
      requestOptions: { body: { ...body, content: `Signal=${digit}\r\nDuration=100` } },
    });
  },

  hangUp() {
    return this.session.bye();
  },

  /** Its page goes without a word. */
  async leave() {
    await this.agent.transport.disconnect();
  },
};
