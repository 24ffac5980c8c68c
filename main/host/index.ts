// The host program: where tensors live. One file, two roles, given as the first argument: `trainer`
// or `viewer`.
import { asStudioError } from '../../preload/contract/errors.ts'
import { tryRungsBy } from '../backends/child.ts'
import { checksBy } from './delegatedCheck.ts'
import { openLine, parentPort } from './hostChannel.ts'
import { trainerRole } from './trainerHost.ts'
import { viewerRole } from './viewerHost.ts'

const role = process.argv[2]
const line = openLine()
const main = parentPort()
if (main) tryRungsBy(checksBy(main))

// Main ends hosts by their line; a Ctrl-C in a terminal reaches the whole group and must not end
// them first.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => process.exit(0))
process.on('uncaughtException', (error) => {
  const { code, message, data } = asStudioError(error)
  console.error(error)
  line.end({ kind: 'failed', code, message, data }, 70)
})

if (role === 'trainer') trainerRole(line)
else if (role === 'viewer') viewerRole(line)
else throw new Error(`expected the role trainer or viewer, found ${String(role)}`)
