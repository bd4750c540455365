import type { FastifyInstance } from 'fastify'

/** Requests and their answers, for whoever looks. */
export type OnRequest = (request: string, status: number) => void

/**
 * A day's use of the backend, over HTTP: people log in, or fail to; scans run, one breaks; findings are accepted, once without
 * a justification; settings change, once by somebody who may not.
 *
 * @param base where the backend listens, e.g. `http://127.0.0.1:3000`
 */
export async function useForADay(base: string, onRequest: OnRequest = () => undefined): Promise<{ token: string }> {
  const call = async (method: string, path: string, token?: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(base + path, {
      method,
      headers: {
        // Nobody has told the backend to trust a proxy, so this changes nothing.
        'x-forwarded-for': '6.6.6.6',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    onRequest(`${method} ${path}`, response.status)
    return response.json()
  }
  const logIn = async (name: string): Promise<string> =>
    ((await call('POST', '/login', undefined, { name, password: 'correct horse' })) as { token: string }).token

  await call('POST', '/login', undefined, { name: 'alice', password: 'wrong' })
  await call('POST', '/login', undefined, { name: 'nobody', password: 'wrong' })
  const alice = await logIn('alice')
  const bob = await logIn('bob')

  await call('POST', '/scans', alice, { collectors: ['entra_id', 'active_directory'] })
  await call('POST', '/scans', alice, { collectors: ['broken'] })
  const findings = (await call('GET', '/findings', bob)) as { id: number }[]
  const expires_at = new Date(Date.now() + 90 * 86_400_000).toISOString()
  const accept = `/findings/${findings[0]?.id}/accept`
  await call('POST', accept, bob, { justification: '', approver: 'carol', expires_at })
  await call('POST', accept, bob, { justification: 'The printer needs it', approver: 'bob', expires_at })
  await call('POST', accept, bob, { justification: 'The printer needs it', approver: 'carol', expires_at })

  await call('PUT', '/settings/ldap', bob, { host: 'ldap.evil.example' })
  await call('PUT', '/settings/ldap', alice, { host: 'ldap.contoso.example', bind_password: 'hunter2' })
  const key = (await call('POST', '/api-keys', alice, { name: 'CI', scopes: ['scan:read'] })) as { id: string }
  await call('DELETE', `/api-keys/${key.id}`, alice)
  await call('GET', '/reports/7', bob)
  await call('POST', '/logout', bob)
  return { token: alice }
}

/** Starts the backend on a free port of this machine. */
export async function listen(app: FastifyInstance): Promise<string> {
  return app.listen({ port: 0, host: '127.0.0.1' })
}
