/** A part of an evidence pack that a control points at. */
export type EvidenceSection =
  'actions' | 'checkpoints' | 'forwarding' | 'posture' | 'reading' | 'retention' | 'samples' | 'verification'

/** One requirement of a framework, and who does what about it. */
export interface Control {
  /** The framework's own number, e.g. `10.3.2`. */
  readonly id: string
  /** What it asks for, in our words. */
  readonly asks: string
  /** What this library does about it. */
  readonly library: string
  /** What remains for the host and whoever runs it. */
  readonly host: string
  /** How to see it: a command, a query, or a part of the evidence pack. */
  readonly check: string
  /** The parts of an evidence pack that show it. */
  readonly sections: readonly EvidenceSection[]
}

/** A framework that assessors ask about. */
export interface Framework {
  /** Name on the command line, e.g. `pci-dss`. */
  readonly name: string
  /** Full title with its version. */
  readonly title: string
  /** What of it is looked at here. */
  readonly scope: string
  readonly controls: readonly Control[]
}
