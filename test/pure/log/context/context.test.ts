import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { addContext, currentContext, withContext } from '../../../../src/log/context/context.ts'
import { honoContext } from '../../../../src/log/context/middleware.ts'
import { codeOf } from '../../../support/error-code.ts'

describe('withContext', () => {
  it('holds in everything that the work starts, and nowhere else', async () => {
    const seen = await Promise.all(
      ['a', 'b'].map((user_id) =>
        withContext({ user_id }, async () => {
          await setImmediate()
          return currentContext()?.user_id
        }),
      ),
    )
    expect(seen).toEqual(['a', 'b'])
    expect(currentContext()).toBeUndefined()
  })

  it('nests: the inner one adds to the outer, and null is something too', () => {
    withContext({ user_id: 'alice', tenant_id: 'contoso', request_id: '1' }, () => {
      withContext({ user_id: null, source_ip: '::1' }, () => {
        expect(currentContext()).toEqual({ user_id: null, tenant_id: 'contoso', source_ip: '::1', request_id: '1' })
      })
      expect(currentContext()?.user_id).toBe('alice')
    })
  })

  it('asks a function for each event, and goes on without it when it fails', () => {
    let user: string | undefined
    const find = (): { user_id: string | undefined } => ({ user_id: user })
    withContext(find, () => {
      expect(currentContext()?.user_id).toBeUndefined()
      user = 'alice'
      expect(currentContext()?.user_id).toBe('alice')
      const fail = (): never => {
        throw new Error('no session')
      }
      withContext(fail, () => expect(currentContext()?.user_id).toBe('alice'))
    })
  })

  it('refuses what is no context before the work begins', () => {
    for (const context of [null, 'alice', { userId: 'alice' }, { user_id: 5 }]) {
      expect(codeOf(() => withContext(context as never, () => expect.unreachable()))).toBe('option_invalid')
    }
  })
})

describe('honoContext', () => {
  it('takes the address of the connection from where the host says it is', async () => {
    const request = { req: { header: (name: string) => (name === 'x-forwarded-for' ? '203.0.113.7' : undefined) } }
    const middleware = honoContext({
      trustedProxies: ['10.0.0.1'],
      peerAddress: ({ env }) => (env as { ip: string }).ip,
    })
    const seen: unknown[] = []
    for (const ip of ['10.0.0.1', '198.51.100.9']) {
      await middleware({ ...request, env: { ip } }, () => Promise.resolve(void seen.push(currentContext()?.source_ip)))
    }
    expect(seen).toEqual(['203.0.113.7', '198.51.100.9'])
  })
})

describe('addContext', () => {
  const recorded = { request_id: 'r1', trace_id: 't1', span_id: 's1' }

  it('keeps what the host has there, but for the ids', () => {
    expect(addContext({ a: 1 }, recorded)).toEqual({ a: 1, context: recorded })
    expect(addContext({ context: { page: 'x', request_id: 'forged' } }, recorded)).toEqual({
      context: { page: 'x', ...recorded },
    })
    expect(addContext({ context: 'text' }, { request_id: 'r1' })).toEqual({
      context: { value: 'text', request_id: 'r1' },
    })
  })

  it('records an id that a client has sent as short, well-formed text', () => {
    const { context } = addContext({}, { request_id: `\0\ud800${'x'.repeat(1000)}` })
    expect(context).toEqual({ request_id: `\u{fffd}\u{fffd}${'x'.repeat(254)}` })
  })
})
