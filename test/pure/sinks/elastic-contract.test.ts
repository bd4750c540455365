import { ElasticSink } from '../../../src/sinks/elastic.ts'
import { startFakeElastic } from '../../support/fake-elastic.ts'
import { httpMisbehaviours, misbehave } from '../../support/misbehave.ts'
import { testSinkContract } from '../../support/sink-contract.ts'

testSinkContract(
  'Elastic',
  async (timeoutMs) => {
    const fake = await startFakeElastic()
    return {
      sink: new ElasticSink({ url: fake.url, apiKey: fake.apiKey, timeoutMs }),
      secret: fake.apiKey,
      received: () => fake.documents.map(({ id, text }) => ({ id, text })),
      detailsOf: (text) => {
        const { event } = JSON.parse(text) as { event: { original: string } }
        return (JSON.parse(event.original) as { details: unknown }).details
      },
      misbehave: (how) => {
        if (how === 'refuses the credentials') fake.disabled = true
        else misbehave(fake, how)
      },
      mend: () => {
        fake.disabled = false
        fake.fault = undefined
      },
      stop: () => fake.stop(),
    }
  },
  httpMisbehaviours,
)
