import type { PostureBaseline } from '../schema/posture/baseline.ts'
import type { Finding, FindingCode, Severity } from '../schema/posture/finding-codes.ts'
import type { InspectOptions, PostureReport } from '../schema/posture/inspect.ts'
import { AuditLogError } from '../errors.ts'
import { wholeNumber } from '../option.ts'
import { quietly } from '../quietly.ts'
import type { AuditEvent } from './event.ts'

/** The action of the entry that a check of the posture leaves. */
export const postureAction = 'audit_log.posture.checked'

/** Options of {@link watchPosture}. */
export interface WatchPostureOptions extends Pick<InspectOptions, 'roles' | 'login'> {
  /** How often to look, in milliseconds, 1,000 to 86,400,000. The first time is at once. Default is 3,600,000: an hour. */
  readonly everyMs?: number | undefined
  /** A baseline that is kept outside of the database. Default is none. */
  readonly baseline?: PostureBaseline | undefined
  /** Whether each check becomes an entry, `audit_log.posture.checked`, that holds codes and counts. Default is true. */
  readonly record?: boolean | undefined
  /** Called for each finding, critical or a warning, that the check before did not have: the place for an alarm. What it throws is ignored. */
  readonly onFinding?: ((finding: Finding) => void) | undefined
}

/** What a watch has seen. */
export interface PostureStatus {
  /** The newest report; undefined until the first check has ended. */
  readonly report: PostureReport | undefined
  /** False: the log is not tamper-resistant against the application. Undefined until it is known. */
  readonly tamperResistant: boolean | undefined
  /** The last check that found something critical. It stays when later ones are clean, until {@link PostureWatch.acknowledge}. */
  readonly lastViolation: { readonly checkedAt: string; readonly codes: readonly FindingCode[] } | undefined
  /** Code of the error with which the newest check, or recording it, failed; undefined when it did not. */
  readonly failure: string | undefined
}

/** A running watch. */
export interface PostureWatch {
  status(): PostureStatus
  /** Looks now, besides the schedule. Never rejects: a failure shows in the status. */
  check(): Promise<PostureStatus>
  /** Somebody has looked into the last violation: forgets it. */
  acknowledge(): void
  /** Ends the schedule and resolves when a check that is under way has ended. */
  stop(): Promise<void>
}

/** What a watch needs of an `AuditLogger`. */
export interface WatchedLog {
  inspect(options: Omit<InspectOptions, 'schema'>): Promise<PostureReport>
  log(event: AuditEvent): Promise<unknown>
}

/**
 * Looks at the posture when the host starts and on a schedule, and records what was found as an entry, so that the log itself
 * shows when its guards were in order. The timer does not keep the process alive.
 *
 * @throws AuditLogError `option_invalid`
 * @example
 * const posture = watchPosture(audit, { onFinding: ({ code, subject }) => alarm(code, subject) })
 * health.tamperResistant = posture.status().tamperResistant
 */
export function watchPosture(audit: WatchedLog, options: WatchPostureOptions = {}): PostureWatch {
  const { everyMs = 3_600_000, record = true, onFinding, roles, login, baseline } = options
  wholeNumber(everyMs, 1000, 86_400_000, '$.everyMs')
  let known: ReadonlySet<string> = new Set()
  let status: PostureStatus = {
    report: undefined,
    tamperResistant: undefined,
    lastViolation: undefined,
    failure: undefined,
  }
  let running: Promise<void> | undefined

  const look = async (): Promise<void> => {
    try {
      const report = await audit.inspect({ roles, login, baseline })
      const codes = codesOf(report, 'critical')
      const lastViolation = codes.length > 0 ? { checkedAt: report.checkedAt, codes } : status.lastViolation
      status = { report, tamperResistant: report.tamperResistant, lastViolation, failure: undefined }
      const alarming = report.findings.filter(({ severity }) => severity !== 'info')
      for (const finding of alarming) {
        // An alarm that fails must not end the watch.
        if (!known.has(keyOf(finding))) quietly(() => onFinding?.(finding))
      }
      known = new Set(alarming.map(keyOf))
      if (record) await audit.log(eventOf(report))
    } catch (error) {
      status = { ...status, failure: error instanceof AuditLogError ? error.code : 'read_failed' }
    }
  }
  const check = async (): Promise<PostureStatus> => {
    running ??= look().finally(() => {
      running = undefined
    })
    await running
    return status
  }
  const timer = setInterval(() => void check(), everyMs)
  timer.unref()
  void check()
  return {
    status: () => status,
    check,
    acknowledge() {
      status = { ...status, lastViolation: undefined }
    },
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}

const keyOf = ({ code, subject }: Finding): string => `${code}\0${subject}`

const codesOf = ({ findings }: PostureReport, severity: Severity): FindingCode[] => [
  ...new Set(findings.filter((finding) => finding.severity === severity).map(({ code }) => code)),
]

/** Codes and counts: neither names of logins nor anything of an entry. */
function eventOf(report: PostureReport): AuditEvent {
  return {
    action: postureAction,
    target: `schema:${report.schema}`,
    outcome: report.tamperResistant ? 'success' : 'failure',
    details: {
      tamper_resistant: report.tamperResistant,
      critical: codesOf(report, 'critical'),
      warning: codesOf(report, 'warning'),
      info: codesOf(report, 'info'),
      not_checked: report.notChecked.map((part) => part.check),
      schema_version: report.schemaVersion ?? null,
      server_version: report.serverVersion,
    },
  }
}
