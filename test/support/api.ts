import { type AuditEvent, AuditLogger } from '../../src/index.ts'
import { createHandler, type Handler, type HandlerOptions, type Principal } from '../../src/http/index.ts'
import { Sequencer } from '../../src/sequencer/sequencer.ts'
import { createSigner, generateKey, type Policy, trustLogs } from '../../src/tlog/index.ts'
import { testLog, type TestLog } from './database.ts'

/** A log of two tenants with some entries and a checkpoint, and the REST API over it. */
export interface TestApi {
  readonly log: TestLog
  readonly audit: AuditLogger
  readonly sequencer: Sequencer
  readonly policy: Policy
  /** The API with other options than those of {@link get}. */
  handler(options?: Partial<HandlerOptions>): Handler
  /** Asks the API as somebody; by default as one who may see everything. */
  get(path: string, principal?: Partial<Principal>, init?: RequestInit): Promise<Response>
  /** Sends JSON as a page of the same origin does. */
  send(method: string, path: string, body?: unknown, principal?: Partial<Principal>): Promise<Response>
}

const everything: Principal = { id: 'auditor', tenants: 'all', permissions: ['read', 'export', 'inspect', 'settings'] }

/** The principal travels in a header: tests choose who they are. */
export function authorizeByHeader(request: Request): Principal | null {
  const header = request.headers.get('x-principal')
  return header === null ? null : { ...everything, ...(JSON.parse(header) as Partial<Principal>) }
}

export const asHeader = (principal: Partial<Principal> = {}): Record<string, string> => ({
  'x-principal': JSON.stringify(principal),
})

/** A request as a page of the same origin makes it. */
export const jsonRequest = (method: string, body?: unknown): RequestInit => ({
  method,
  headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
})

export async function testApi(entries = 2500, eventOf: (index: number) => AuditEvent = sample): Promise<TestApi> {
  const log = await testLog()
  const audit = new AuditLogger({ db: log.appPool })
  const login = await log.login()
  await log.admin.query(`grant ${log.roles.sequencer} to ${login.name}`)
  const key = await generateKey('audit.example.com/test', 'ed25519')
  const sequencer = new Sequencer({
    db: log.pool(login.url),
    signers: [await createSigner(key.signerKey)],
    verifierKeys: [key.verifierKey],
  })
  const events = Array.from({ length: entries }, (_, index) => eventOf(index))
  for (let index = 0; index < entries; index += 500) await audit.logMany(events.slice(index, index + 500))
  await sequencer.run()
  const handler = (options: Partial<HandlerOptions> = {}): Handler =>
    createHandler({
      db: log.appPool,
      roles: log.roles,
      flags: { audit_export: true },
      authorize: authorizeByHeader,
      ...options,
    })
  const usual = handler()
  const ask = (path: string, principal: Partial<Principal> | undefined, init: RequestInit): Promise<Response> =>
    usual(
      new Request(`http://localhost/api/audit-logs${path}`, {
        ...init,
        headers: { ...asHeader(principal), ...(init.headers as Record<string, string>) },
      }),
    )
  return {
    log,
    audit,
    sequencer,
    policy: trustLogs([key.verifierKey]),
    handler,
    get: (path, principal, init) => ask(path, principal, init ?? {}),
    send: (method, path, body, principal) => ask(path, principal, jsonRequest(method, body)),
  }
}

export function sample(index: number): AuditEvent {
  return {
    action: ['scan.started', 'scan.completed', 'user.login'][index % 3] ?? '',
    tenant_id: ['contoso', 'fabrikam', null][index % 3 === 0 ? 0 : index % 4 === 0 ? 2 : 1] ?? null,
    user_id: index % 5 === 0 ? null : `user-${index % 7}`,
    target: index % 2 === 0 ? `finding:${index % 10}` : null,
    source_ip: `203.0.113.${index % 256}`,
    outcome: index % 11 === 0 ? 'denied' : 'success',
    details: { index, text: 'ä"\\\n, x', nested: { even: index % 2 === 0 } },
  }
}
