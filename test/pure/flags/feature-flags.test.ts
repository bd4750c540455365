import { TypedInMemoryProvider, OpenFeature, type Provider } from '@openfeature/server-sdk'
import { describe, expect, it } from 'vitest'
import { AuditLogError } from '../../../src/errors.ts'
import { checkFlags, isEnabled } from '../../../src/flags/feature-flags.ts'

const context = { targetingKey: 'alice', tenants: 'contoso' }

describe('flags of a plain object', () => {
  it('are on when they are true, and off otherwise', async () => {
    expect(await isEnabled({ audit_export: true }, 'audit_export', context)).toBe(true)
    expect(await isEnabled({ audit_export: false }, 'audit_export', context)).toBe(false)
    expect(await isEnabled({ audit_export: true }, 'audit_extended_retention', context)).toBe(false)
    expect(await isEnabled(Object.create({ audit_export: true }) as object, 'audit_export', context)).toBe(false)
  })

  it('are looked at each time', async () => {
    const flags = { audit_export: false }
    expect(await isEnabled(flags, 'audit_export', context)).toBe(false)
    flags.audit_export = true
    expect(await isEnabled(flags, 'audit_export', context)).toBe(true)
  })

  it('are refused when they are something else', () => {
    for (const flags of [undefined, null, true, 'audit_export', { audit_export: 'true' }, { audit_export: 1 }]) {
      expect(() => checkFlags(flags)).toThrow(AuditLogError)
    }
  })
})

describe('flags of an OpenFeature client', () => {
  it('are those of its provider, with the principal and the tenants as context', async () => {
    const provider = new TypedInMemoryProvider({
      audit_export: {
        variants: { on: true, off: false },
        defaultVariant: 'off',
        disabled: false,
        contextEvaluator: ({ targetingKey, tenants }) =>
          targetingKey === 'alice' && tenants === 'contoso' ? 'on' : 'off',
      },
    })
    await OpenFeature.setProviderAndWait('memory', provider)
    const flags = checkFlags(OpenFeature.getClient('memory'))
    expect(await isEnabled(flags, 'audit_export', context)).toBe(true)
    expect(await isEnabled(flags, 'audit_export', { ...context, targetingKey: 'bob' })).toBe(false)
    expect(await isEnabled(flags, 'audit_extended_retention', context)).toBe(false)
    provider.putConfiguration({})
    expect(await isEnabled(flags, 'audit_export', context)).toBe(false)
  })

  it('are off when the provider throws, answers something else, or does not answer', async () => {
    const evaluation = (answer: () => Promise<unknown>): Provider =>
      ({ metadata: { name: 'broken' }, runsOn: 'server', resolveBooleanEvaluation: answer }) as unknown as Provider
    for (const [name, answer] of Object.entries({
      throws: () => Promise.reject(new Error('provider down')),
      text: () => Promise.resolve({ value: 'true' }),
      nothing: () => Promise.resolve(undefined),
      silence: () => new Promise(() => undefined),
    })) {
      await OpenFeature.setProviderAndWait(name, evaluation(answer))
      expect(await isEnabled(checkFlags(OpenFeature.getClient(name)), 'audit_export', context)).toBe(false)
    }
    const client = { getBooleanValue: () => Promise.reject(new Error('client down')) }
    expect(await isEnabled(client, 'audit_export', context)).toBe(false)
    expect(
      await isEnabled(
        {
          getBooleanValue: () => {
            throw new Error('at once')
          },
        },
        'audit_export',
        context,
      ),
    ).toBe(false)
  })
})
