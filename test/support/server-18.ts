import { provideServer } from './server.ts'

/** Global setup of the project that runs on PostgreSQL 18. */
export default provideServer(18)
