import { readFile } from 'node:fs/promises'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import createClient from 'openapi-fetch'
import { describe, expect, it } from 'vitest'
import { problems } from '../../../src/http/index.ts'
import { verifyEntry } from '../../../src/index.ts'
import { asHeader, testApi } from '../../support/api.ts'
import type { paths } from '../../support/openapi.d.ts'

const api = await testApi(250)
type Document = {
  paths: Record<
    string,
    Record<string, { operationId: string; responses: Record<string, { content: Record<string, { schema: object }> }> }>
  >
  components: { schemas: Record<string, object> }
}
const { seq } = (await api.audit.query().page()).entries[0]!
const document = (await (await api.get('/openapi.json')).json()) as Document

describe('the OpenAPI document', () => {
  it('is valid', async () => {
    const result = await new Validator().validate(structuredClone(document))
    expect(result).toMatchObject({ valid: true })
  })

  it('is the one in docs/openapi.json', async () => {
    const written = await readFile(new URL('../../../docs/openapi.json', import.meta.url), 'utf8')
    expect(document).toEqual(JSON.parse(written))
  })
})

describe('what the handler answers', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  const validateAs = (path: string, status: number, mediaType: string, method = 'get'): ((body: unknown) => void) => {
    const schema = document.paths[path]?.[method]?.responses[status]?.content[mediaType]?.schema
    expect(schema, `${path} ${status} ${mediaType} is in the document`).toBeDefined()
    const validate = ajv.compile({ ...schema, components: document.components })
    return (body) => expect(validate(body) ? [] : validate.errors).toEqual([])
  }

  it.each([
    ['/list', '/list?limit=3'],
    ['/list', '/list?limit=3&order=oldest&action=scan.*'],
    ['/list', '/list?limit=0'],
    ['/list', '/list?x=1'],
    ['/list', '/list?cursor=x'],
    ['/list', `/list?user_id=${'a'.repeat(9000)}`],
    ['/entries/{seq}', `/entries/${seq}`],
    ['/entries/{seq}', '/entries/0'],
    ['/entries/{seq}', '/entries/999999'],
    ['/entries/{seq}/proof', `/entries/${seq}/proof`],
    ['/export', '/export?format=json'],
    ['/export', '/export?format=ndjson'],
    ['/export', '/export?format=csv'],
    ['/export', '/export?format=pdf'],
    ['/checkpoint', '/checkpoint'],
    ['/checkpoints', '/checkpoints?limit=1'],
    ['/status', '/status'],
    ['/posture', '/posture'],
    ['/session', '/session'],
    ['/activity', '/activity?since=2020-01-01T00:00:00Z&until=2020-02-01T00:00:00Z'],
    ['/activity', `/activity?since=${new Date(Date.now() - 86_400_000).toISOString()}`],
    ['/activity', '/activity'],
    ['/acceptances', '/acceptances'],
    ['/acceptances', '/acceptances?as_of=yesterday'],
    ['/settings/retention', '/settings/retention'],
    ['/openapi.json', '/openapi.json'],
  ])('to %s is what the document says: %s', async (path, request) => {
    const response = await api.get(request)
    const mediaType = response.headers.get('content-type')?.split(';')[0] ?? ''
    const body = await response.text()
    validateAs(path, response.status, mediaType)(/[/+]json$/.test(mediaType) ? JSON.parse(body) : body)
  })

  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method, path] as const),
  )

  it.each(operations)(
    'to %s %s when nobody is signed in, or may not, is what the document says',
    async (method, path) => {
      const concrete = path.replace('{seq}', '1').replace('{name}', 'splunk')
      const init = { method: method.toUpperCase(), headers: { 'sec-fetch-site': 'same-origin' } }
      const nobody = await api.handler()(new Request(`http://localhost/api/audit-logs${concrete}`, init))
      validateAs(path, 401, 'application/problem+json', method)(await nobody.json())
      const powerless = await api.get(concrete, { permissions: [] }, init)
      if (powerless.status !== 200) {
        validateAs(path, 403, 'application/problem+json', method)(await powerless.json())
      }
    },
  )

  it('names every problem somewhere', () => {
    const text = JSON.stringify(document.paths)
    const general = new Set(['not_found', 'method_not_allowed'])
    for (const code of Object.keys(problems)) if (!general.has(code)) expect(text).toContain(`\`${code}\``)
  })
})

describe('a client generated from the document', () => {
  const client = createClient<paths>({
    baseUrl: 'http://localhost/api/audit-logs',
    fetch: api.handler(),
    headers: asHeader(),
  })

  const listPage = (cursor: string | null) =>
    client.GET('/list', {
      params: { query: { limit: 100, action: 'scan.*,user.login', ...(cursor === null ? {} : { cursor }) } },
    })

  it('lists entries, page by page', async () => {
    const found: number[] = []
    let cursor: string | null = null
    do {
      const { data, error }: Awaited<ReturnType<typeof listPage>> = await listPage(cursor)
      expect(error).toBeUndefined()
      for (const entry of data?.entries ?? []) {
        expect(verifyEntry(entry)).toBe(true)
        found.push(entry.seq)
      }
      cursor = data?.next_cursor ?? null
    } while (cursor !== null)
    expect(found).toHaveLength(250)
  })

  it('gets an entry, and the problem when there is none', async () => {
    const { data } = await client.GET('/entries/{seq}', { params: { path: { seq } } })
    expect(data?.entry.seq).toBe(seq)
    const { error } = await client.GET('/entries/{seq}', { params: { path: { seq: 999_999 } } })
    expect(error).toMatchObject({ code: 'entry_not_found' })
  })
})
