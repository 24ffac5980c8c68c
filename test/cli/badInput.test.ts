// What the command line says to wrong input: one line, expected and found, an exit code, no stack.
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { latent, temporaryHome, type Finished } from './latent.ts'

const { home, environment, remove } = temporaryHome()
const taken = createServer()
let port = 0
beforeAll(async () => {
  await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening))
  port = (taken.address() as AddressInfo).port
  writeFileSync(join(home, 'file'), 'not a folder')
  writeFileSync(join(home, 'cut.npy'), Buffer.from('\x93NUMPY\x01\x00', 'latin1'))
  mkdirSync(join(home, 'foreign'))
  writeFileSync(join(home, 'foreign', 'studio.db'), 'this is no database, whatever its name says'.repeat(10))
})
afterAll(() => {
  taken.close()
  remove()
})

function expectRefusal({ code, stdout, stderr }: Finished, message: RegExp): void {
  expect({ code, stdout, stderr }).toMatchObject({ code: 1, stdout: '' })
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/^latent: [^\n]+\n$/)
  expect(stderr).not.toMatch(/node:internal|\.ts:\d/)
}

// args may name files of the temporary home by HOME
const cases: [string, string[], RegExp][] = [
  ['an unknown command', ['trian'], /no command "trian"; did you mean "latent train"/],
  ['an unknown flag', ['runs', '--jsno'], /no flag "--jsno"; did you mean "--json"/],
  ['an unknown preset', ['train', 'tutorail'], /no preset "tutorail": expected tutorial/],
  ['an unknown key', ['train', '--set', 'latntSize=3'], /no setting "latntSize"/],
  ['a negative size', ['train', '--encoder-layers', '100,-50'], /Encoder layers: expected .*found "100,-50"/],
  ['not a number', ['train', '--learning-rate', 'NaN'], /Learning rate: expected a number.*found "NaN"/],
  ['1e9 epochs', ['train', '--epochs', '1e9'], /Length: expected a whole number from 1 to 10000000, found 1000000000/],
  ['a text for a number', ['train', '--seed', 'one'], /Seed: expected .*found "one"/],
  [
    'a batch larger than the data',
    ['train', '--batch-size', '60000'],
    /Batch size: expected at most the 55000 training images.*found 60000/,
  ],
  ['an unknown data set', ['train', '--dataset', 'cats'], /no data set "cats": expected mnist/],
  ['a run that does not exist', ['show', 'nothing'], /nothing/],
  ['a folder that is a file', ['runs', '--data', 'HOME/file'], /HOME\/file/],
  [
    'a database that is none',
    ['runs', '--data', 'HOME/foreign'],
    /expected a Latent Studio database in HOME\/foreign\/studio.db/i,
  ],
  [
    'a folder for the picture that is not there',
    ['manifold', 'last', '--out', 'HOME/none/a.png'],
    /expected an existing folder, found no HOME\/none/,
  ],
  [
    'a picture of the wrong kind',
    ['film', 'last', '--out', 'HOME/film.mp4'],
    /--out: expected a name ending in .gif, found "HOME\/film.mp4"/,
  ],
]

describe.concurrent('refuses', () => {
  const place = (text: string) => text.replaceAll('HOME', home)
  test.each(cases)('%s', async (_name, args, message) => {
    expectRefusal(await latent(args.map(place), environment), new RegExp(place(message.source), message.flags))
  })

  test('a port in use', async () => {
    expectRefusal(
      await latent(['serve', '--port', String(port), '--data', join(home, 'serving')], environment),
      /listen on port \d+, but another program uses it.*--port/,
    )
  })

  test('under --json the error is a document too', async () => {
    const { code, stdout, stderr } = await latent(['show', 'nothing', '--json', '--data', join(home, 'other')], environment)
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'not-found' } })
    expect(stderr).toMatch(/^latent: [^\n]+\n$/)
  })

  test('LATENT_DEBUG=1 shows the stack', async () => {
    expect((await latent(['trian'], { ...environment, LATENT_DEBUG: '1' })).stderr).toMatch(/index\.ts:\d+/)
  })
})

describe.concurrent('help', () => {
  test('names every command, and each command its flags', async () => {
    const { code, stdout } = await latent(['--help'], environment)
    expect(code).toBe(0)
    const names = [
      'train',
      'runs',
      'show',
      'resume',
      'evaluate',
      'metrics',
      'manifold',
      'film',
      'encode',
      'decode',
      'sample',
      'datasets',
      'backends',
      'runtime',
      'serve',
      'doctor',
    ]
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name}\\b.* {2}\\S`, 'm'))
    expect((await latent(['train', '--help'], environment)).stdout).toMatch(
      /--learning-rate X +Step size of the optimizer\. \(0\.001\)/,
    )
  })
})
