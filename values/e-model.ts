// The E-model (ITU-T G.107, 06/2015), narrow band, all parameters but loss and delay at the defaults of its table 2; loss
// enters by the equipment impairment of G.711 with packet-loss concealment (G.113 appendix I: Ie 0, Bpl 25.1 for random loss).

const sendLoudness = 8;
const receiveLoudness = 2;
const overallLoudness = sendLoudness + receiveLoudness;
const sidetone = 15;
const listenerSidetone = 18;
const dSend = 3;
const echoLoudness = 65;
const weightedEchoPathLoss = 110;
const quantising = 1;
const circuitNoise = -70;
const noiseFloor = -64;
const roomSend = 35;
const roomReceive = 35;

const lg = Math.log10;

/** Signal to noise at the 0 dBr point, formulas 7-3 to 7-7. */
const noise = (() => {
  const nos = roomSend - sendLoudness - dSend - 100 + 0.004 * (roomSend - overallLoudness - dSend - 14) ** 2;
  const pre = roomReceive + 10 * lg(1 + 10 ** ((10 - listenerSidetone) / 10));
  const nor = receiveLoudness - 121 + pre + 0.008 * (pre - 35) ** 2;
  const nfo = noiseFloor + receiveLoudness;
  return 10 * lg(10 ** (circuitNoise / 10) + 10 ** (nos / 10) + 10 ** (nor / 10) + 10 ** (nfo / 10));
})();
const ro = 15 - 1.5 * (sendLoudness + noise);

/** Simultaneous impairment, formulas 7-8 to 7-17. */
function simultaneous(oneWayMs: number): number {
  const xolr = overallLoudness + 0.2 * (64 + noise - receiveLoudness);
  const iolr = 20 * ((1 + (xolr / 8) ** 8) ** (1 / 8) - xolr / 8);
  const stmro = -10 * lg(10 ** (-sidetone / 10) + Math.exp(-oneWayMs / 4) * 10 ** (-echoLoudness / 10));
  const ist =
    12 * (1 + ((stmro - 13) / 6) ** 8) ** (1 / 8) -
    28 * (1 + ((stmro + 1) / 19.4) ** 35) ** (1 / 35) -
    13 * (1 + ((stmro - 3) / 33) ** 13) ** (1 / 13) +
    29;
  const q = 37 - 15 * lg(quantising);
  const g = 1.07 + 0.258 * q + 0.0602 * q ** 2;
  const y = (ro - 100) / 15 + 46 / 8.4 - g / 9;
  const z = 46 / 30 - g / 40;
  const iq = 15 * lg(1 + 10 ** y + 10 ** z);
  return iolr + ist + iq;
}

/** Delay impairment, formulas 7-18 to 7-28: talker echo, listener echo, pure delay. */
function delayed(oneWayMs: number): number {
  const t = oneWayMs;
  const terv = echoLoudness - 40 * lg((1 + t / 10) / (1 + t / 150)) + 6 * Math.exp(-0.3 * t ** 2);
  const roe = -1.5 * (noise - receiveLoudness);
  const re = 80 + 2.5 * (terv - 14);
  const idte = ((roe - re) / 2 + Math.sqrt((roe - re) ** 2 / 4 + 100) - 1) * (1 - Math.exp(-t));
  const rle = 10.5 * (weightedEchoPathLoss + 7) * (2 * t + 1) ** -0.25;
  const idle = (ro - rle) / 2 + Math.sqrt((ro - rle) ** 2 / 4 + 169);
  let idd = 0;
  if (t > 100) {
    const x = lg(t / 100) / lg(2);
    idd = 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
  }
  return idte + idle + idd;
}

export interface LineQuality {
  /** Packets lost, 0 to 1, at the listener: with those that came too late. */
  loss: number;
  /** Mouth to ear, milliseconds. */
  oneWayMs: number;
}

/** Packet-loss robustness and base impairment of the codec; default G.711 with concealment. */
export function rating({ loss, oneWayMs }: LineQuality, codec = { ie: 0, bpl: 25.1 }): number {
  const percent = Math.min(1, Math.max(0, loss)) * 100;
  const ieEff = codec.ie + (95 - codec.ie) * (percent / (percent + codec.bpl));
  return ro - simultaneous(oneWayMs) - delayed(oneWayMs) - ieEff;
}

/** Mean opinion score from the rating, G.107 annex B, 1 to 4.5. */
export function mos(r: number): number {
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  // The cubic dips below 1 for R under 6.5.
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}
