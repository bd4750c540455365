import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { AuditLogger, installSchema, Sequencer } from '@entraguard/audit-log'
import { createHandler, type HandlerOptions, type Principal, toNodeListener } from '@entraguard/audit-log/http'
import { createSigner, generateKey } from '@entraguard/audit-log/tlog'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { type PastEvent, recordPast } from './history.ts'

/** A host with the real handler over a real PostgreSQL, and its page at `url`. */
export interface ConsoleHost {
  /** Address of the page. */
  readonly url: string
  readonly origin: string
  readonly audit: AuditLogger
  readonly sequencer: Sequencer
  readonly verifierKey: string
  readonly admin: pg.Pool
  /** A pool of a login in the sequencer role. */
  readonly sequencerPool: pg.Pool
  /** Answers before the handler does, when it answers: for an API that misbehaves. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  /** Who makes the requests. */
  principal: Principal | null
  readonly flags: { audit_export: boolean; audit_extended_retention: boolean }
  record(events: readonly PastEvent[]): Promise<void>
  stop(): Promise<void>
}

/** Starts it. The build must be there: `npm run build`. */
export async function startConsoleHost(options: Partial<HandlerOptions> = {}): Promise<ConsoleHost> {
  const server: EmbeddedPostgres = await startEmbeddedPostgres({ major: 18 })
  const admin = new pg.Pool({ connectionString: server.url })
  admin.on('error', () => undefined)
  await admin.query(`create role app login password 'secret'; create role seq login password 'secret'`)
  await installSchema(admin, { grant: { writer: ['app'], reader: ['app'], sequencer: ['seq'] } })
  const poolOf = (user: string): pg.Pool => {
    const url = new URL(server.url)
    ;[url.username, url.password] = [user, 'secret']
    const pool = new pg.Pool({ connectionString: url.href })
    pool.on('error', () => undefined)
    return pool
  }
  const [app, sequencerPool] = [poolOf('app'), poolOf('seq')]
  const key = await generateKey('audit.contoso.example/log', 'ed25519')
  const audit = new AuditLogger({ db: app })
  const sequencer = new Sequencer({
    db: sequencerPool,
    signers: [await createSigner(key.signerKey)],
    verifierKeys: [key.verifierKey],
  })
  const flags = { audit_export: true, audit_extended_retention: true }
  const handler = createHandler({ db: app, flags, authorize: () => host.principal, ...options })
  const listener = toNodeListener(handler)
  const http: Server = createServer((request, response) => {
    if (host.intercept?.(request, response) !== true) listener(request, response)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const host: ConsoleHost = {
    url: `${origin}/api/audit-logs/console/`,
    origin,
    audit,
    sequencer,
    verifierKey: key.verifierKey,
    admin,
    sequencerPool,
    intercept: undefined,
    principal: {
      id: 'auditor@contoso.example',
      tenants: 'all',
      permissions: ['read', 'export', 'inspect', 'settings'],
    },
    flags,
    record: (events) => recordPast(admin, { schema: 'audit_log', owner: 'audit_log_owner' }, events),
    async stop() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
      for (const pool of [app, sequencerPool, admin]) await pool.end()
      await server.stop()
    },
  }
  return host
}
