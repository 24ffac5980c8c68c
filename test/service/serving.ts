// A program that serves one folder, for tests that kill it: node serving.ts FOLDER PORT [real]. Its
// hosts follow scriptedHost.ts unless `real` is said.
import { join } from 'node:path'
import { serve } from '../../apps/loopbackServer.ts'
import { forkNode } from '../../main/service/launch.ts'
import { asStudioError } from '../../preload/contract/errors.ts'

const [dataFolder, port, hosts] = process.argv.slice(2)
const fork = hosts === 'real' ? forkNode() : forkNode(join(import.meta.dirname, 'scriptedHost.ts'))
try {
  const { done } = await serve({
    dataFolder,
    cacheFolder: join(dataFolder!, 'cache'),
    port: Number(port),
    fork,
  })
  await done
} catch (error) {
  const { code, message } = asStudioError(error)
  process.stderr.write(`${code}: ${message}\n`)
  process.exitCode = 1
}
