// Microsoft's own clients against the fake, in a process of their own, because the authority to trust is set at its start.
import { ClientSecretCredential } from '@azure/identity'
import { LogsIngestionClient } from '@azure/monitor-ingestion'

const [url, rule, stream, secret, rows] = process.argv.slice(2)
const credential = new ClientSecretCredential('tenant', 'app-id', secret, {
  authorityHost: url,
  disableInstanceDiscovery: true,
})
try {
  const client = new LogsIngestionClient(url, credential, { retryOptions: { maxRetries: 1, retryDelayInMs: 10 } })
  await client.upload(rule, stream, JSON.parse(rows))
  process.stdout.write(JSON.stringify({ ok: true }))
} catch (error) {
  const failed = error.errors?.[0]?.cause ?? error
  process.stdout.write(
    JSON.stringify({ ok: false, name: failed.name, status: failed.statusCode ?? null, code: failed.code ?? null }),
  )
}
