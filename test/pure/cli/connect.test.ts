import { describe, expect, it } from 'vitest'
import { buildCli } from '../../support/cli.ts'

const cli = await buildCli()
const nowhere = 'postgres://nobody@127.0.0.1:1/nothing'

describe('a command that does not reach the database', () => {
  it.each([['doctor'], ['retention', 'show'], ['prove', '1']])('says why: audit-log %s', async (...command) => {
    const { code, stderr } = await cli([...command, '--database-url', nowhere])
    expect(code).toBe(2)
    expect(stderr.split('ECONNREFUSED')).toHaveLength(2)
  })
})
