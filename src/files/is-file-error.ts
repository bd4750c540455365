/** Errors of a disk, which come without a path when a file that is open is written to. No connection ends with one of them. */
const ofDisks: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS'])

/** Whether the file system said no, and not the network: Node reports both in the same form. */
export function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return (
    error instanceof Error && 'syscall' in error && ('path' in error || ('code' in error && ofDisks.has(error.code)))
  )
}
