// `npm run soak -- NAME [args]`: one long proof, test/soak/NAME.ts, which exports run(args) and
// throws when it fails.
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const folder = resolve(import.meta.dirname, '../test/soak')
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))

async function main(name: string | undefined, args: string[]): Promise<void> {
  if (name === undefined || !names.includes(name)) {
    console.error(
      `expected the name of a soak (${names.join(', ') || 'there are none yet'}), found ${name ?? 'nothing'}`,
    )
    process.exitCode = 2
    return
  }
  const started = performance.now()
  const soak = (await import(pathToFileURL(join(folder, `${name}.ts`)).href)) as {
    run: (args: string[]) => Promise<void>
  }
  try {
    await soak.run(args)
    console.log(`${name}: passed in ${((performance.now() - started) / 1000).toFixed(0)} s`)
  } catch (error) {
    console.error(error)
    console.error(`${name}: FAILED after ${((performance.now() - started) / 1000).toFixed(0)} s`)
    process.exitCode = 1
  }
}

await main(process.argv[3], process.argv.slice(4))
