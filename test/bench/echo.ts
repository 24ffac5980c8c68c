// A contestant without any training, for the protocol's tests: `node echo.ts
// [silent|nonsense|short]`.
import { createInterface } from 'node:readline'

const manner = process.argv[2]
const say = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`)
process.stdout.write('a library greets on stdout\n')
if (manner === 'short') {
  process.stderr.write('ModuleNotFoundError: no such library\n')
  process.exit(1)
}
say({ ready: { versions: { echo: 1 }, seconds: 0.5 } })
for await (const line of createInterface({ input: process.stdin })) {
  const [, steps, every] = line.split(' ').map(Number) as [number, number, number]
  if (manner === 'nonsense') say({ milliseconds: 'long' })
  else if (manner !== 'silent')
    say({ milliseconds: steps, metrics: [every, 2, 3], residentBytes: 1024 })
}
