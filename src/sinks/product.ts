import { optionInvalid } from '../option.ts'

/** How the application calls itself in the SIEM. */
export interface ProductOptions {
  /** Default is `EntraGuard`. */
  readonly vendor?: string | undefined
  /** Default is `AuditLog`. */
  readonly product?: string | undefined
  /** Default is `1.0`. */
  readonly productVersion?: string | undefined
}

/** {@link ProductOptions} with nothing left out. */
export interface ProductNames {
  readonly vendor: string
  readonly product: string
  readonly version: string
}

const longest = 63

/**
 * Reads the names.
 *
 * @throws AuditLogError `option_invalid` when one is empty, longer than 63 characters, or not printable ASCII
 */
export function readProduct(options: ProductOptions): ProductNames {
  return {
    vendor: readName('vendor', options.vendor ?? 'EntraGuard'),
    product: readName('product', options.product ?? 'AuditLog'),
    version: readName('productVersion', options.productVersion ?? '1.0'),
  }
}

function readName(option: string, value: unknown): string {
  if (typeof value === 'string' && value.length <= longest && /^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(value)) {
    return value
  }
  throw optionInvalid(`1 to ${longest} printable ASCII characters`, `$.${option}`)
}
