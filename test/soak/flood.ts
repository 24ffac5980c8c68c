// A flood of questions to a server that trains meanwhile: every one is answered or refused with an
// error of the closed list, memory stays bounded, training goes on, and who does not read is
// dropped. `npm run soak -- flood [QUESTIONS]`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Client } from '../../preload/contract/client.ts'
import { errorCodes } from '../../preload/contract/errors.ts'
import { scripts } from '../service/scriptedHost.ts'
import { serving, type ServedProcess } from '../service/served.ts'

/** The peak of the server's memory that no flood may reach. */
export const mostMemory = 500 // MiB

/** How fast a client reads: as it comes, 64 MiB a second, or not at all. */
export type Reading = 'fast' | 'slow' | 'never'

export interface FloodQuestion {
  path: string
  input: object
}

export interface FloodFigures {
  asked: number
  answered: number
  /** By code of the closed list. */
  refused: Record<string, number>
  /** Connections that the server ended. */
  dropped: number
  receivedMiB: number
  seconds: number
}

export interface ServerFigures {
  /** Highest resident memory since the server began, MiB. */
  peak: number
  /** Training steps made while the flood went on. */
  steps: number
}

export const images: FloodQuestion = {
  path: '/data/images',
  input: { dataset: 'mnist', split: 'test', first: 0, count: 500 },
}

/**
 * Asks `count` questions on each of `connections` sockets at once; ends when all are answered or
 * the server hung up.
 */
export async function flood(
  address: string,
  {
    question,
    count,
    connections = 1,
    reading,
  }: { question: FloodQuestion; count: number; connections?: number; reading: Reading },
): Promise<FloodFigures> {
  const began = performance.now()
  const parts = await Promise.all(
    Array.from({ length: connections }, () => floodOne(address, question, count, reading)),
  )
  const figures: FloodFigures = {
    asked: count * connections,
    answered: 0,
    refused: {},
    dropped: 0,
    receivedMiB: 0,
    seconds: 0,
  }
  for (const part of parts) {
    figures.answered += part.answered.size
    for (const code of part.refused.values())
      figures.refused[code] = (figures.refused[code] ?? 0) + 1
    figures.dropped += part.dropped ? 1 : 0
    figures.receivedMiB += part.bytes / 2 ** 20
  }
  figures.seconds = (performance.now() - began) / 1000
  return figures
}

interface Part {
  answered: Set<string>
  refused: Map<string, string>
  dropped: boolean
  bytes: number
}

// The head of an answer: its number, its kind (a stream's item has one), its status where it is not
// 200.
const head = /^\{"i":"(\d+)",(?:"t":(\d),)?"p":\{(?:"s":(\d+))?/

function floodOne(
  address: string,
  { path, input }: FloodQuestion,
  count: number,
  reading: Reading,
): Promise<Part> {
  const part: Part = { answered: new Set(), refused: new Map(), dropped: false, bytes: 0 }
  const socket = new WebSocket(address, { perMessageDeflate: false, maxPayload: 2 ** 28 })
  let writing: NodeJS.Timeout | undefined
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      for (let id = 0; id < count; id += 1)
        socket.send(JSON.stringify({ i: String(id), p: { u: path, b: { json: input } } }))
      if (reading !== 'never') return
      socket.pause()
      // who does not read learns that it was dropped when it writes
      writing = setInterval(() => socket.ping(() => undefined), 100)
    })
    socket.on('message', (data: Buffer) => {
      part.bytes += data.length
      const [, id, kind, status] = head.exec(data.subarray(0, 80).toString())!
      if (kind === '3') return
      if (part.answered.has(id!) || part.refused.has(id!))
        return reject(new Error(`question ${id} was answered twice`))
      if (status === undefined) part.answered.add(id!)
      else part.refused.set(id!, codeOf(data.toString()))
      if (part.answered.size + part.refused.size === count) socket.close()
      if (reading === 'slow') rest(socket, data.length)
    })
    const end = (dropped: boolean) => {
      clearInterval(writing)
      resolve({ ...part, dropped })
    }
    socket.on('error', (error) => (reading === 'never' ? end(true) : reject(error)))
    socket.on('close', (code) => end(code !== 1005))
  })
}

function rest(socket: WebSocket, bytes: number): void {
  socket.pause()
  setTimeout(() => socket.resume(), (1000 * bytes) / (64 * 2 ** 20))
}

function codeOf(answer: string): string {
  const { code } = (JSON.parse(answer) as { p: { b: { json: { code: string } } } }).p.b.json
  if (!(errorCodes as readonly string[]).includes(code))
    throw new Error(`expected a code of the closed list, found ${code}`)
  return code
}

/** Highest resident memory of a process in MiB; NaN where the system does not tell. */
export function peakMemory(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  } catch {
    return NaN
  }
}

/** A server of its own with a run in training, for as long as `act` takes. */
export async function withTraining<T>(
  hosts: 'scripted' | 'real',
  act: (server: ServedProcess, address: string, run: string) => Promise<T>,
): Promise<T & ServerFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'latent-flood-'))
  const server = await serving(folder, 0, hosts)
  const connection = server.connect()
  try {
    const run = await trainingRun(connection.client, hosts)
    const before = await stepOf(connection.client, run)
    const figures = await act(server, `ws://${server.url.host}/rpc${server.url.search}`, run)
    if (server.child.exitCode !== null) throw new Error(`the server ended: ${server.output()}`)
    const { step, status } = await connection.client.runs.get({ run })
    if (status !== 'running') throw new Error(`the run is ${status}`)
    return { ...figures, peak: Math.round(peakMemory(server.child.pid!)), steps: step - before }
  } finally {
    connection.close()
    server.child.kill('SIGKILL')
    await server.ended
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function trainingRun(client: Client, hosts: 'scripted' | 'real'): Promise<string> {
  const scripted = { seed: scripts.wellBehaved, length: 10_000_000, lengthUnit: 'steps' }
  const real = {
    length: 1_000_000,
    lengthUnit: 'steps',
    encoderLayers: [16],
    decoderLayers: [16],
    batchSize: 16,
  }
  const { id } = await client.runs.create({ config: hosts === 'real' ? real : scripted })
  while ((await stepOf(client, id)) < 20) await sleep(50)
  return id
}

const stepOf = async (client: Client, run: string) => (await client.runs.get({ run })).step

export async function run([questions = '9000']: string[]): Promise<void> {
  const many = Number(questions)
  const cases: [string, Parameters<typeof flood>[1]][] = [
    ['4,000 questions, reads fast', { question: images, count: 4000, reading: 'fast' }],
    [`${many} questions, reads fast`, { question: images, count: many, reading: 'fast' }],
    ['1,000 questions, reads slowly', { question: images, count: 1000, reading: 'slow' }],
    ['8 sockets of 1,000', { question: images, count: 1000, connections: 8, reading: 'fast' }],
    [
      '30 sockets of 500 that do not read',
      { question: images, count: 500, connections: 30, reading: 'never' },
    ],
  ]
  for (const [name, options] of cases) {
    const figures = await withTraining('real', (_server, address) => flood(address, options))
    console.log(name, JSON.stringify(figures))
    check(figures, options.reading)
  }
}

/** Throws an Error that says what a flood did that it must not. */
export function check(figures: FloodFigures & ServerFigures, reading: Reading): void {
  const { asked, answered, refused, peak, steps, dropped } = figures
  const settled = answered + Object.values(refused).reduce((sum, count) => sum + count, 0)
  if (peak >= mostMemory) throw new Error(`expected less than ${mostMemory} MiB, found ${peak}`)
  if (steps <= 0) throw new Error('expected training to go on, found no step')
  if (reading !== 'never' && settled !== asked)
    throw new Error(`expected ${asked} answers or refusals, found ${settled}`)
  if (reading === 'never' && dropped === 0)
    throw new Error('expected those who do not read to be dropped, found none')
}
