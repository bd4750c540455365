import { describe, expect, it } from 'vitest'
import { AuditLogger } from '../../../src/index.ts'
import { Sequencer } from '../../../src/sequencer/sequencer.ts'
import { createSigner, generateKey } from '../../../src/tlog/index.ts'
import { testLog } from '../../support/database.ts'

const log = await testLog()
const key = await generateKey('audit.example.com/test', 'ed25519')
const audit = new AuditLogger({ db: log.appPool })

it('gives out leaves', async () => {
  const login = await log.login()
  await log.admin.query(`grant ${log.roles.sequencer} to ${login.name}`)
  const sequencer = new Sequencer({ db: log.pool(login.url), signers: [await createSigner(key.signerKey)], verifierKeys: [key.verifierKey] })
  await sequencer.run()
  await audit.logMany(Array.from({ length: 1000 }, (_, i) => ({ action: 'a.b', details: { i } })))
  await sequencer.run()
  console.log(sequencer.status())
  await audit.log({ action: 'a.c' })
  await sequencer.run()
  console.log(sequencer.status(), (await log.admin.query('select * from audit_log.checkpoint')).rows, (await log.admin.query('select * from audit_log.sequencer_state')).rows)
})
