import { randomBytes } from 'node:crypto'
import { ForwarderSettings, type ForwarderSettingsOptions } from '../../src/settings/index.ts'
import { createHandler, type Handler, type HandlerOptions, type Principal } from '../../src/http/index.ts'
import { asHeader, authorizeByHeader, jsonRequest } from './api.ts'
import { sequencedLog, type SequencedLog } from './sequenced-log.ts'

/** A log whose forwarders are configured as settings, and the API over it. */
export interface SettingsLog extends SequencedLog {
  readonly settingsKey: Uint8Array
  settings(options?: Partial<ForwarderSettingsOptions>): ForwarderSettings
  handler(options?: Partial<HandlerOptions>): Handler
  /** Asks the API as a page of the same origin does; resolves to the status and the body. */
  readonly ask: (
    method: string,
    path: string,
    body?: unknown,
    as?: Partial<Principal>,
    handler?: Handler,
  ) => Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- what a client gets is not typed
  readonly body: any
}

export async function settingsLog(): Promise<SettingsLog> {
  const log = await sequencedLog()
  const settingsKey = randomBytes(32)
  const handler = (options: Partial<HandlerOptions> = {}): Handler =>
    createHandler({
      db: log.appPool,
      roles: log.roles,
      flags: { audit_export: true },
      authorize: authorizeByHeader,
      settingsKey,
      ...options,
    })
  const usual = handler()
  return {
    ...log,
    settingsKey,
    handler,
    settings: (options = {}) => new ForwarderSettings({ db: log.appPool, settingsKey, ...options }),
    async ask(method, path, body, as = {}, by = usual) {
      const { headers, ...rest } = jsonRequest(method, body)
      const request = new Request(`http://localhost/api/audit-logs/settings${path}`, {
        ...rest,
        headers: { ...(headers as Record<string, string>), ...asHeader({ id: 'alice', ...as }) },
      })
      const response = await by(request)
      const text = await response.text()
      return { status: response.status, text, body: JSON.parse(text) as unknown }
    },
  }
}
