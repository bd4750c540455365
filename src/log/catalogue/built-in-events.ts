import { riskEvents } from './events/risk-events.ts'
import { scanEvents } from './events/scan-events.ts'
import { systemEvents } from './events/system-events.ts'
import { userEvents } from './events/user-events.ts'

/** The events that every logger knows. */
export type BuiltInEvents = typeof scanEvents & typeof userEvents & typeof riskEvents & typeof systemEvents

/** The definitions of the events that every logger knows; docs/events.md lists them. */
export const builtInEvents: BuiltInEvents = { ...scanEvents, ...userEvents, ...riskEvents, ...systemEvents }
