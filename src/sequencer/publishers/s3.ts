import { createHash } from 'node:crypto'
import type * as S3Module from '@aws-sdk/client-s3'
import { AuditLogError } from '../../errors.ts'
import { wholeNumber } from '../../option.ts'
import type { PublishedCheckpoint, Publisher } from '../publisher.ts'

/** What is used of the `S3Client` of `@aws-sdk/client-s3`. */
export interface S3ClientLike {
  send(command: never, options: { readonly abortSignal: AbortSignal }): Promise<unknown>
}

/** Options of {@link s3Publisher}. */
export interface S3PublisherOptions {
  /** An `S3Client`, with the host's region and credentials; its endpoint may be another service that speaks the protocol. */
  readonly client: S3ClientLike
  readonly bucket: string
  /** Put before the names of objects, e.g. `audit/`. Default is none. */
  readonly prefix?: string | undefined
  /**
   * Keeps every checkpoint under Object Lock for so many days, 1 to 36,500. The bucket must have Object Lock enabled. Default is
   * no lock of its own: the bucket's default retention applies.
   */
  readonly retainDays?: number | undefined
  /**
   * `COMPLIANCE`: nobody can shorten it, the owner of the account neither. `GOVERNANCE`: somebody with a special permission
   * can. Default is `COMPLIANCE`.
   */
  readonly lockMode?: 'COMPLIANCE' | 'GOVERNANCE' | undefined
}

/**
 * Publishes to object storage with the official client. Each checkpoint becomes an object of its own,
 * `checkpoint-<size, 16 digits>-<hash>`, and `checkpoint` is the newest. With `retainDays` the single ones can be neither
 * overwritten nor deleted before their time, whoever has the database and the key.
 *
 * @throws AuditLogError `option_invalid`; its `publish` and `latest` reject with `driver_missing` when `@aws-sdk/client-s3` is not
 * installed, and with `publisher_failed`
 */
export function s3Publisher(options: S3PublisherOptions): Publisher {
  const { retainDays } = options
  if (retainDays !== undefined) wholeNumber(retainDays, 1, 36_500, '$.retainDays')
  return new S3Publisher(options)
}

class S3Publisher implements Publisher {
  readonly name: string
  readonly #options: S3PublisherOptions
  readonly #newest: string

  constructor(options: S3PublisherOptions) {
    this.#options = options
    this.#newest = `${options.prefix ?? ''}checkpoint`
    this.name = `s3 ${options.bucket}/${this.#newest}`
  }

  // The one that is kept comes first. Dies between the two: it is written again, under the same name.
  async publish({ size, note }: PublishedCheckpoint, signal: AbortSignal): Promise<void> {
    const { client, bucket, retainDays, lockMode = 'COMPLIANCE' } = this.#options
    const { PutObjectCommand } = await importClient()
    const put = async (key: string, lock: object): Promise<void> => {
      const input = { Bucket: bucket, Key: key, Body: note, ContentType: 'text/plain; charset=utf-8', ...lock }
      await client.send(new PutObjectCommand(input) as never, { abortSignal: signal })
    }
    try {
      const lock =
        retainDays === undefined
          ? {}
          : {
              ObjectLockMode: lockMode,
              ObjectLockRetainUntilDate: new Date(Date.now() + retainDays * 86_400_000),
              // Object Lock asks for a checksum of the request.
              ContentMD5: createHash('md5').update(note).digest('base64'),
            }
      // Two checkpoints of one size, of which at least one is forged, get two names.
      const hash = createHash('sha256').update(note).digest('hex').slice(0, 16)
      await put(`${this.#newest}-${String(size).padStart(16, '0')}-${hash}`, lock)
      await put(this.#newest, {})
    } catch (error) {
      throw this.#failed(error)
    }
  }

  async latest(signal: AbortSignal): Promise<string | undefined> {
    const { client, bucket } = this.#options
    const { GetObjectCommand } = await importClient()
    try {
      const command = new GetObjectCommand({ Bucket: bucket, Key: this.#newest })
      const { Body } = (await client.send(command as never, { abortSignal: signal })) as S3Module.GetObjectCommandOutput
      return await Body?.transformToString('utf-8')
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') return undefined
      throw this.#failed(error)
    }
  }

  #failed(error: unknown): AuditLogError {
    const reason = error instanceof Error ? error.name : 'unknown'
    return new AuditLogError('publisher_failed', `${this.name}: ${reason}`, { cause: error })
  }
}

async function importClient(): Promise<typeof S3Module> {
  try {
    return await import('@aws-sdk/client-s3')
  } catch (error) {
    throw new AuditLogError('driver_missing', 'the package "@aws-sdk/client-s3" is not installed', { cause: error })
  }
}
