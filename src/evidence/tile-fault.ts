import { AuditLogError } from '../errors.ts'
import { explainRead } from '../query/explain-read.ts'

/** Whether tiles are missing, or do not lead to the tree head that they are read for. */
export function isTileFault(error: unknown): boolean {
  return error instanceof AuditLogError && (error.code === 'tile_invalid' || error.code === 'tile_malformed')
}

/** What an error tells the caller where the stored tree is read: `tree_damaged`, or what it is for every reader. */
export function explainTreeRead(error: unknown): AuditLogError {
  return isTileFault(error)
    ? new AuditLogError('tree_damaged', 'the stored tree does not lead to its checkpoint', { cause: error })
    : explainRead(error)
}
