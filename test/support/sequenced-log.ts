import type pg from 'pg'
import { AuditLogger } from '../../src/index.ts'
import { Sequencer } from '../../src/sequencer/sequencer.ts'
import { createSigner, generateKey } from '../../src/tlog/index.ts'
import { testLog, type TestLog } from './database.ts'

/** A log with a sequencer that is run by hand. */
export interface SequencedLog extends TestLog {
  /** A pool of a login in the sequencer role. */
  readonly sequencerPool: pg.Pool
  readonly sequencerUrl: string
  readonly verifierKey: string
  /** Secret: for tests that sign what the log never was. */
  readonly signerKey: string
  /** Logs so many entries and sequences them in checkpoints of at most 5,000. */
  grow(count: number): Promise<void>
  readonly audit: AuditLogger
  /** How many entries there are. */
  size(): number
}

export async function sequencedLog(): Promise<SequencedLog> {
  const log = await testLog()
  const login = await log.login()
  await log.admin.query(`grant ${log.roles.sequencer} to ${login.name}`)
  const key = await generateKey('audit.example.com/test', 'ed25519')
  const sequencerPool = log.pool(login.url)
  const audit = new AuditLogger({ db: log.appPool })
  const sequencer = new Sequencer({
    db: sequencerPool,
    signers: [await createSigner(key.signerKey)],
    verifierKeys: [key.verifierKey],
  })
  let logged = 0
  return {
    ...log,
    sequencerPool,
    sequencerUrl: login.url,
    verifierKey: key.verifierKey,
    signerKey: key.signerKey,
    audit,
    size: () => logged,
    async grow(count) {
      for (let left = count; left > 0; left -= 1000) {
        await audit.logMany(
          Array.from({ length: Math.min(left, 1000) }, () => {
            logged += 1
            return { action: 'finding.acknowledged', user_id: `user-${logged % 97}`, details: { number: logged } }
          }),
        )
      }
      await sequencer.run()
    },
  }
}
