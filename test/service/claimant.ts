// A program that claims a data folder, says what it got as one line of JSON, and lives until it is
// killed. Manners: `silent` never publishes; `parent` starts a child that outlives it; `turns`
// takes the folder and gives it back five times, noting when in turns.log, and ends.
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { claimFolder } from '../../main/service/owner.ts'

const [dataFolder = '', port, manner] = process.argv.slice(2)
const info = { shell: 'serve', version: '0' } as const

async function takeTurns(): Promise<void> {
  const log = join(dataFolder, 'turns.log')
  for (let turn = 0; turn < 5; turn++) {
    const claim = await claimFolder(dataFolder, info)
    if (claim.kind !== 'owner') throw new Error('nobody publishes here')
    appendFileSync(log, `in ${process.pid}\n`)
    await sleep(3)
    appendFileSync(log, `out ${process.pid}\n`)
    await claim.release()
    await sleep(Number(port) % 7)
  }
  console.log(JSON.stringify({ kind: 'done' }))
}

async function claimOnce(): Promise<void> {
  const claim = await claimFolder(dataFolder, info)
  if (claim.kind === 'owner' && manner !== 'silent')
    await claim.publish({ port: Number(port), token: `token-of-${process.pid}-0123456789` })
  const child =
    manner === 'parent'
      ? spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20_000)'], {
          stdio: 'ignore',
          detached: true,
        }).pid
      : undefined
  console.log(
    JSON.stringify(claim.kind === 'owner' ? { kind: 'owner', pid: process.pid, child } : claim),
  )
  process.stdin.resume()
}

await (manner === 'turns' ? takeTurns() : claimOnce())
