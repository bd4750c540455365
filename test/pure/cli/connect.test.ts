import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { buildCli } from '../../support/cli.ts'

const cli = await buildCli()
const nowhere = 'postgres://nobody@127.0.0.1:1/nothing'

// Side by side: the last one waits for as long as a command waits for a server.
describe.concurrent('a command that does not reach the database', () => {
  it.each([['doctor'], ['retention', 'show'], ['prove', '1']])('says why: audit-log %s', async (...command) => {
    const { code, stderr } = await cli([...command, '--database-url', nowhere])
    expect(code).toBe(2)
    expect(stderr.split('ECONNREFUSED')).toHaveLength(2)
  })

  it('gives up on a server that takes the connection and says nothing', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const url = `postgres://nobody@127.0.0.1:${(silent.address() as AddressInfo).port}/nothing`
    const { code, stderr } = await cli(['prove', '1', '--database-url', url])
    expect([code, stderr]).toEqual([2, expect.stringContaining('read_failed')])
    silent.close()
  })
})
