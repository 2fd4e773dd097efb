// WebHID as far as the panels use it (https://wicg.github.io/webhid/): TypeScript's DOM library does not have it.
interface HIDReportItem {
  isRange?: boolean;
  usages?: number[];
  usageMinimum?: number;
  usageMaximum?: number;
  reportSize?: number;
  reportCount?: number;
}

interface HIDReportInfo {
  reportId?: number;
  items?: HIDReportItem[];
}

interface HIDCollectionInfo {
  usagePage?: number;
  inputReports?: HIDReportInfo[];
  outputReports?: HIDReportInfo[];
}

interface HIDInputReportEvent {
  reportId: number;
  data: DataView;
}

interface HIDDevice {
  readonly opened: boolean;
  readonly productName: string;
  readonly collections: HIDCollectionInfo[];
  oninputreport: ((event: HIDInputReportEvent) => void) | null;
  open(): Promise<void>;
  close(): Promise<void>;
  sendReport(reportId: number, data: Uint8Array<ArrayBuffer>): Promise<void>;
}

interface Navigator {
  readonly hid: {
    requestDevice(options: { filters: { usagePage: number }[] }): Promise<HIDDevice[]>;
    getDevices(): Promise<HIDDevice[]>;
  };
}
