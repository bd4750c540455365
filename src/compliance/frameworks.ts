import type { Framework } from './control.ts'
import { hipaa } from './hipaa.ts'
import { iso27001 } from './iso27001.ts'
import { nis2 } from './nis2.ts'
import { nist80053 } from './nist-800-53.ts'
import { pciDss } from './pci-dss.ts'
import { soc2 } from './soc2.ts'

/** The frameworks that `docs/compliance.md` and evidence packs go through. */
export const frameworks: readonly Framework[] = [soc2, iso27001, nis2, nist80053, hipaa, pciDss]
