// What the command line says to wrong input: one line, expected and found, an exit code, no stack.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
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
  writeFileSync(
    join(home, 'foreign', 'studio.db'),
    'this is no database, whatever its name says'.repeat(10),
  )
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
  ['an unknown command', ['trian'], /Unknown command "trian"; did you mean "latent train"/],
  ['an unknown flag', ['runs', '--jsno'], /unknown flag "--jsno"; did you mean "--json"/],
  [
    'an unknown preset',
    ['train', 'tutorail'],
    /Unknown preset "tutorail": expected one of tutorial/,
  ],
  ['an unknown key', ['train', '--set', 'latntSize=3'], /unknown setting "latntSize"/],
  [
    'a negative size',
    ['train', '--encoder-layers', '100,-50'],
    /Encoder layers: expected .*found "100,-50"/,
  ],
  [
    'not a number',
    ['train', '--learning-rate', 'NaN'],
    /Learning rate: expected a number.*found "NaN"/,
  ],
  [
    '1e9 epochs',
    ['train', '--epochs', '1e9'],
    /--epochs: expected a whole number from 1 to 10000000, found 1000000000/,
  ],
  ['a text for a number', ['train', '--seed', 'one'], /Seed: expected .*found "one"/],
  [
    'a batch larger than the data',
    ['train', '--batch-size', '60000'],
    /Batch size: expected at most the 55000 training images.*found 60000/,
  ],
  [
    'an unknown data set',
    ['train', '--dataset', 'cats'],
    /Unknown data set "cats": expected one of mnist/,
  ],
  ['a run that does not exist', ['show', 'nothing'], /nothing/],
  [
    'a folder that is a file',
    ['runs', '--data', 'HOME/file'],
    /--data: expected a folder, found the file HOME\/file\. Choose another path/,
  ],
  [
    'a data folder that is not there',
    ['runs', '--data', 'HOME/absent'],
    /expected an existing data folder, found nothing at HOME\/absent/,
  ],
  [
    'a run without a name',
    ['show', ''],
    /show: expected RUN \(Run id .*or "last".\), found an empty string/,
  ],
  [
    'a split with a slip',
    ['evaluate', 'last', '--split', 'tset'],
    /expected one of train, validation, test, found "tset"; did you mean "test"/,
  ],
  [
    'a folder for a picture',
    ['manifold', 'last', '--out', 'HOME'],
    /--out: expected the path of a .png file to write, found the folder HOME\./,
  ],
  [
    'a database that is none',
    ['runs', '--data', 'HOME/foreign'],
    /expected a Latent Studio database in HOME\/foreign\/studio.db/i,
  ],
  [
    'a folder for the picture that is not there',
    ['manifold', 'last', '--out', 'HOME/none/a.png'],
    /expected an existing folder, found nothing at HOME\/none/,
  ],
  [
    'a picture of the wrong kind',
    ['film', 'last', '--out', 'HOME/film.avi'],
    /--out: expected a name ending in .gif or .mp4, found "HOME\/film.avi"/,
  ],
]

describe.concurrent('refuses', () => {
  const place = (text: string) => text.replaceAll('HOME', home)
  test.each(cases)('%s', async (_name, args, message) => {
    expectRefusal(
      await latent(args.map(place), environment),
      new RegExp(place(message.source), message.flags),
    )
  })

  test('looking into a folder that is not there does not make it', async () => {
    const { code } = await latent(['show', 'last', '--data', join(home, 'unmade')], environment)
    expect({ code, made: existsSync(join(home, 'unmade')) }).toEqual({ code: 1, made: false })
  })

  test('a port in use', async () => {
    expectRefusal(
      await latent(['serve', '--port', String(port), '--data', join(home, 'serving')], environment),
      /listen on port \d+, found that .*--port/,
    )
  })

  test('under --json the error is a document too', async () => {
    const { code, stdout, stderr } = await latent(
      ['show', 'nothing', '--json', '--data', join(home, 'other')],
      environment,
    )
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'not-found' } })
    expect(stderr).toMatch(/^latent: [^\n]+\n$/)
  })

  test('CSV and JSON at once are one error', async () => {
    const { stdout, stderr } = await latent(['metrics', 'last', '--csv', '--json'], environment)
    expect(stderr).toBe('latent: Expected --csv or --json, found both. Leave one of them out.\n')
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'bad-input' } })
  })

  test('LATENT_DEBUG=1 shows the stack', async () => {
    expect((await latent(['trian'], { ...environment, LATENT_DEBUG: '1' })).stderr).toMatch(
      /index\.ts:\d+/,
    )
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
      /--learning-rate X +How far each step moves the weights\. \(0\.001; usual 0\.0003 to\s+0\.003\)/,
    )
  })
})
