import { answeringInTime } from '../database/answer-in-time.ts'
import { type Database, executorOf } from '../database/database.ts'
import { AuditLogError } from '../errors.ts'
import { wholeNumber } from '../option.ts'
import { checkName } from '../schema/names.ts'
import { systemClock } from '../sinks/forwarder/clock.ts'
import { Forwarder, type ForwarderOptions } from '../sinks/forwarder/forwarder.ts'
import { ForwarderState } from '../sinks/forwarder/forwarder-state.ts'
import type { ForwarderStatus } from '../sinks/forwarder/status.ts'
import { quietly } from '../quietly.ts'
import type { AllowDestination } from './allow-destination.ts'
import { ForwarderSettings } from './forwarder-settings.ts'
import type { SettingsKey } from './secret-box.ts'
import { readSettings, type StoredForwarder } from './setting-store.ts'

/** Options of {@link ForwarderSupervisor}. */
export interface ForwarderSupervisorOptions {
  /** A pool of a login in the sequencer role: it reads the log and the settings, and moves the positions. */
  readonly db: Database
  /** Schema of the log. Default is `audit_log`. */
  readonly schema?: string | undefined
  /** The key, or keys, that secrets are stored under. Default is none: then only forwarders without secrets run. */
  readonly settingsKey?: SettingsKey | undefined
  /** Which destinations may be sent to; looked at again here, whoever stored the setting. Default is all. */
  readonly allowDestination?: AllowDestination | undefined
  /** How often to look whether a setting has changed, in milliseconds, 50 to 600,000. Default is 2,000. */
  readonly pollMs?: number | undefined
  /** Options that all forwarders get, e.g. `intervalMs`, `leaseMs`, `telemetry`, `onStateChange`, `onFailing`, `onDeadLetter`. */
  readonly forwarder?: Omit<ForwarderOptions, 'db' | 'schema' | 'name' | 'sink' | 'startAt'> | undefined
  /**
   * Called when the settings cannot be read, or a forwarder cannot be started, with its name; it is tried again. The code of the
   * latter also stands in the forwarder's row, where the page shows it. Default is to do nothing.
   */
  readonly onError?: ((error: AuditLogError, name?: string) => void) | undefined
}

interface Running {
  readonly settingId: number
  /** Undefined while it is paused, or cannot be started. */
  readonly forwarder: Forwarder | undefined
  /** Whether to try again although nothing has changed. */
  readonly failed: boolean
}

/**
 * Runs the forwarders that are configured as settings, and follows every change of a setting within `pollMs` without a restart:
 * what was added is started, what was paused or removed is stopped, what was changed is stopped and started with the new settings.
 * Stopping loses nothing: the position in the log is durable, and what was not confirmed is sent again.
 *
 * Runs in any process, or in several: for each forwarder one is at work at a time.
 *
 * @example
 * const supervisor = new ForwarderSupervisor({ db: sequencerPool, settingsKey, onError: (error) => logger.warn(error.code) })
 * supervisor.start()
 * process.once('SIGTERM', () => void supervisor.stop())
 */
export class ForwarderSupervisor {
  readonly #options: ForwarderSupervisorOptions
  readonly #schema: string
  readonly #settings: ForwarderSettings
  readonly #pollMs: number
  readonly #running = new Map<string, Running>()
  /** What is being done to each forwarder: one step after the other, and none waits for another forwarder. */
  readonly #steps = new Map<string, Promise<void>>()
  #stopping = new AbortController()
  #loop: Promise<void> | undefined

  /** @throws AuditLogError `option_invalid` */
  constructor(options: ForwarderSupervisorOptions) {
    executorOf(options.db)
    const { settingsKey, allowDestination, pollMs = 2000 } = options
    const db = answeringInTime(options.db)
    this.#schema = checkName(options.schema ?? 'audit_log', '$.schema')
    this.#options = { ...options, db }
    this.#pollMs = wholeNumber(pollMs, 50, 600_000, '$.pollMs')
    this.#settings = new ForwarderSettings({ db, schema: this.#schema, settingsKey, allowDestination })
  }

  /**
   * Begins, and goes on until {@link stop}. Errors do not end it.
   *
   * @throws AuditLogError `closed` while {@link stop} is under way
   */
  start(): void {
    if (this.#loop !== undefined) {
      if (this.#stopping.signal.aborted) throw new AuditLogError('closed', 'the supervisor is still being stopped')
      return
    }
    this.#stopping = new AbortController()
    this.#loop = this.#run(this.#stopping.signal)
  }

  /** Stops every forwarder in an orderly way; see `Forwarder.stop`. May be started again. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
    this.#loop = undefined
    await Promise.all(this.#steps.values())
    await Promise.all([...this.#running.keys()].map((name) => this.#end(name)))
    this.#running.clear()
  }

  /** What the forwarders of this process do, by name. Those that are paused, or could not be started, are not among them. */
  status(): readonly ForwarderStatus[] {
    return [...this.#running.values()].flatMap(({ forwarder }) => forwarder?.status() ?? [])
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for (const stored of await readSettings(this.#options.db, this.#schema)) this.#follow(stored)
      } catch (error) {
        // What runs goes on with the settings that it has.
        this.#report(error)
      }
      await systemClock.sleep(this.#pollMs, signal)
    }
  }

  /** Brings one forwarder to what is stored, unless it is there or on its way. */
  #follow(stored: StoredForwarder): void {
    const { name } = stored
    const running = this.#running.get(name)
    if (this.#steps.has(name) || (running?.settingId === stored.settingId && !running.failed)) return
    const step = this.#bring(stored).finally(() => this.#steps.delete(name))
    this.#steps.set(name, step)
  }

  async #bring(stored: StoredForwarder): Promise<void> {
    const { name, settingId, value } = stored
    await this.#end(name)
    if (this.#stopping.signal.aborted || value === undefined || value.paused) {
      this.#running.set(name, { settingId, forwarder: undefined, failed: false })
      return
    }
    try {
      const forwarder = await this.#make(stored)
      this.#running.set(name, { settingId, forwarder, failed: false })
      forwarder.start()
    } catch (error) {
      this.#running.set(name, { settingId, forwarder: undefined, failed: true })
      const known = this.#report(error, name)
      const state = new ForwarderState(this.#options.db, this.#schema, name)
      await state.report(known.code).catch((failure: unknown) => this.#report(failure, name))
    }
  }

  async #make(stored: StoredForwarder): Promise<Forwarder> {
    const { db, forwarder: options } = this.#options
    return new Forwarder({
      ...options,
      db,
      schema: this.#schema,
      name: stored.name,
      sink: await this.#settings.sinkOf(stored),
      startAt: stored.value?.config['start_at'] === 'now' ? 'now' : 0,
    })
  }

  /** Stops what runs under a name. What it throws cannot keep the next one from starting. */
  async #end(name: string): Promise<void> {
    const forwarder = this.#running.get(name)?.forwarder
    await forwarder?.stop().catch((error: unknown) => this.#report(error, name))
  }

  #report(error: unknown, name?: string): AuditLogError {
    const known =
      error instanceof AuditLogError
        ? error
        : new AuditLogError('setting_invalid', 'the forwarder cannot be started', { cause: error })
    // A listener of the host's that throws is no reason to stop forwarding.
    quietly(() => this.#options.onError?.(known, name))
    return known
  }
}
