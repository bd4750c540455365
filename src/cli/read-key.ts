import { readFile, stat } from 'node:fs/promises'
import { AuditLogError } from '../errors.ts'
import { createSigner, parseVerifierKey, type Signer, type SignatureType, verifierKeyOf } from '../tlog/index.ts'

/** A key as `audit-log key` made it. */
export interface KeyFile {
  readonly signer: Signer
  readonly verifierKey: string
}

/**
 * Reads a key file.
 *
 * @param type what the key must be for
 * @throws AuditLogError `file_unreadable` also when others can read it; `key_malformed`, `key_unsupported`
 */
export async function readKeyFile(path: string, type: SignatureType): Promise<KeyFile> {
  const signerKey = await readSecret(path)
  const verifierKey = await verifierKeyOf(signerKey)
  if (parseVerifierKey(verifierKey).type !== type) {
    throw new AuditLogError('key_unsupported', `${path} is not a key of type ${type}`)
  }
  return { signer: await createSigner(signerKey), verifierKey }
}

async function readSecret(path: string): Promise<string> {
  try {
    if (process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0) {
      throw new AuditLogError('file_unreadable', `others can read the key file ${path}: chmod 600 ${path}`)
    }
    return (await readFile(path, 'utf8')).trimEnd()
  } catch (error) {
    if (error instanceof AuditLogError) throw error
    throw new AuditLogError('file_unreadable', `the key file ${path} cannot be read`, { cause: error })
  }
}
