import type { Ed25519 } from './ed25519-key.ts'
import { nodeEd25519 } from './ed25519-node.ts'
import { webEd25519 } from './ed25519-web.ts'
import { nodeCrypto } from './node-crypto.ts'

/**
 * Node's implementation where there is one, otherwise WebCrypto's, which browsers have since Chrome 137, Firefox 129
 * and Safari 17.
 */
export const ed25519: Ed25519 = nodeCrypto === undefined ? webEd25519 : nodeEd25519(nodeCrypto)
