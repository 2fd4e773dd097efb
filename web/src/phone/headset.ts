// Buttons of a headset by WebHID: hook switch and mute of the telephony page (USB HID Usage Tables, page 0x0B), and its
// lights for ringing, a call and mute (page 0x08).

const telephony = 0x0b;
const usages = {
  hook: 0x000b0020,
  mute: 0x000b002f,
  /** Output: lights. */
  offHook: 0x00080017,
  muted: 0x00080009,
  ring: 0x00080018,
} as const;

export interface HeadsetKeys {
  /** Lifted (true) or put down. */
  hook: (lifted: boolean) => void;
  mute: () => void;
}

/** Where a usage stands in a report. */
interface Place {
  report: number;
  bit: number;
}

export interface Lights {
  ringing: boolean;
  inCall: boolean;
  muted: boolean;
}

export class Headset {
  readonly #device: HIDDevice;
  readonly #keys: HeadsetKeys;
  readonly #hook: Place | undefined;
  readonly #mute: Place | undefined;
  readonly #outputs: { usage: keyof typeof lightOf; place: Place; bytes: number }[];
  #lifted = false;
  #mutePressed = false;

  private constructor(device: HIDDevice, keys: HeadsetKeys) {
    this.#device = device;
    this.#keys = keys;
    const inputs = device.collections.flatMap((one) => one.inputReports ?? []);
    this.#hook = find(inputs, usages.hook);
    this.#mute = find(inputs, usages.mute);
    const outputs = device.collections.flatMap((one) => one.outputReports ?? []);
    this.#outputs = (Object.keys(lightOf) as (keyof typeof lightOf)[]).flatMap((usage) => {
      const place = find(outputs, usages[usage]);
      const report = outputs.find((one) => (one.reportId ?? 0) === place?.report);
      return place === undefined || report === undefined ? [] : [{ usage, place, bytes: bytesOf(report) }];
    });
    device.oninputreport = (event) => this.#heard(event.reportId, event.data);
  }

  /** Asks her which headset; undefined where she chose none. @throws DOMException where it cannot be opened */
  static async choose(keys: HeadsetKeys): Promise<Headset | undefined> {
    const [device] = await navigator.hid.requestDevice({ filters: [{ usagePage: telephony }] });
    return device === undefined ? undefined : Headset.open(device, keys);
  }

  /** The one that she chose before, if it is plugged in. */
  static async known(keys: HeadsetKeys): Promise<Headset | undefined> {
    const devices = await navigator.hid.getDevices();
    const device = devices.find((one) => one.collections.some(({ usagePage }) => usagePage === telephony));
    return device === undefined ? undefined : Headset.open(device, keys);
  }

  static async open(device: HIDDevice, keys: HeadsetKeys): Promise<Headset> {
    if (!device.opened) await device.open();
    return new Headset(device, keys);
  }

  get name(): string {
    return this.#device.productName;
  }

  /** Shows on the headset what is. A headset without that light leaves it. */
  async show(lights: Lights): Promise<void> {
    const reports = new Map<number, Uint8Array<ArrayBuffer>>();
    for (const { usage, place, bytes } of this.#outputs) {
      const data = reports.get(place.report) ?? new Uint8Array(bytes);
      if (lights[lightOf[usage]]) data[place.bit >> 3] = (data[place.bit >> 3] ?? 0) | (1 << (place.bit & 7));
      reports.set(place.report, data);
    }
    for (const [report, data] of reports) await this.#device.sendReport(report, data);
    // What the headset says next is counted from here: a call that the page took lifts its hook as well.
    this.#lifted = lights.inCall;
  }

  close(): void {
    this.#device.oninputreport = null;
    void this.#device.close();
  }

  #heard(report: number, data: DataView): void {
    const isSet = (place: Place | undefined): boolean | undefined => {
      if (place === undefined || place.report !== report || place.bit >> 3 >= data.byteLength) return undefined;
      return (data.getUint8(place.bit >> 3) & (1 << (place.bit & 7))) !== 0;
    };
    const lifted = isSet(this.#hook);
    if (lifted !== undefined && lifted !== this.#lifted) {
      this.#lifted = lifted;
      this.#keys.hook(lifted);
    }
    const pressed = isSet(this.#mute);
    if (pressed === undefined) return;
    // A key that says 1 and then 0: the press counts.
    if (pressed && !this.#mutePressed) this.#keys.mute();
    this.#mutePressed = pressed;
  }
}

const lightOf = { offHook: 'inCall', muted: 'muted', ring: 'ringing' } as const;

function find(reports: HIDReportInfo[], usage: number): Place | undefined {
  for (const report of reports) {
    let bit = 0;
    for (const item of report.items ?? []) {
      const size = item.reportSize ?? 0;
      const count = item.reportCount ?? 0;
      const at = item.usages?.indexOf(usage) ?? -1;
      if (at >= 0 && at < count) return { report: report.reportId ?? 0, bit: bit + at * size };
      if (item.isRange && usage >= (item.usageMinimum ?? 1) && usage <= (item.usageMaximum ?? 0)) {
        return { report: report.reportId ?? 0, bit: bit + (usage - (item.usageMinimum ?? 0)) * size };
      }
      bit += size * count;
    }
  }
  return undefined;
}

function bytesOf(report: HIDReportInfo): number {
  const bits = (report.items ?? []).reduce((sum, item) => sum + (item.reportSize ?? 0) * (item.reportCount ?? 0), 0);
  return Math.ceil(bits / 8);
}
