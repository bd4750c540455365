import { expect, it } from 'vitest'
import { AuditLogger } from '../../../src/index.ts'
import { Sequencer } from '../../../src/sequencer/sequencer.ts'
import { createSigner, generateKey } from '../../../src/tlog/index.ts'
import { testLog } from '../../support/database.ts'

const log = await testLog()
const key = await generateKey('audit.example.com/test', 'ed25519')
const audit = new AuditLogger({ db: log.appPool })

it('gives every committed entry a leaf and signs the tree that they make', async () => {
  const login = await log.login()
  await log.admin.query(`grant ${log.roles.sequencer} to ${login.name}`)
  const sequencer = new Sequencer({
    db: log.pool(login.url),
    signers: [await createSigner(key.signerKey)],
    verifierKeys: [key.verifierKey],
  })
  await sequencer.run()
  await audit.logMany(Array.from({ length: 1000 }, (_, number) => ({ action: 'a.b', details: { number } })))
  await sequencer.run()
  await audit.log({ action: 'a.c' })
  await sequencer.run()
  expect(sequencer.status()).toMatchObject({ state: 'active', treeSize: 1001, checkpointSize: 1001, anomalies: 0 })
})
