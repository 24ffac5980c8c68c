// Reads a Python package (a "wheel", which is a zip) from disk without holding it in memory: the
// list of its members, and chosen members streamed out with their sha256 taken on the way.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import zlib from 'node:zlib'
import { StudioError } from '../../preload/contract/errors.ts'

export interface Member {
  name: string
  method: number // 0 stored, 8 deflate
  packed: number // bytes in the zip
  bytes: number // bytes when unpacked
  offset: number // of the local header
  executable: boolean
}

export interface Unpacked {
  bytes: number
  sha256: string
}

const endRecord = 0x06054b50
const centralRecord = 0x02014b50
const localRecord = 0x04034b50

/** All members of a zip of less than 4 GB. Throws `runtime-failed` for anything that is not one. */
export async function listMembers(file: string): Promise<Member[]> {
  const handle = await fs.promises.open(file, 'r')
  try {
    const { size } = await handle.stat()
    const tail = await readAt(handle, Math.max(0, size - 65_557), Math.min(size, 65_557)) // the end record and its longest comment
    const at = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]))
    if (at < 0 || tail.readUInt32LE(at) !== endRecord) throw broken(file, 'it has no end record')
    const bytes = tail.readUInt32LE(at + 12)
    const start = tail.readUInt32LE(at + 16)
    if (start + bytes > size) throw broken(file, 'its list of members lies outside it')
    return parseCentral(await readAt(handle, start, bytes), file)
  } finally {
    await handle.close()
  }
}

function parseCentral(central: Buffer, file: string): Member[] {
  const members: Member[] = []
  for (let at = 0; at + 46 <= central.length;) {
    if (central.readUInt32LE(at) !== centralRecord)
      throw broken(file, 'its list of members is damaged')
    const nameBytes = central.readUInt16LE(at + 28)
    members.push({
      name: central.toString('utf8', at + 46, at + 46 + nameBytes),
      method: central.readUInt16LE(at + 10),
      packed: central.readUInt32LE(at + 20),
      bytes: central.readUInt32LE(at + 24),
      offset: central.readUInt32LE(at + 42),
      executable: ((central.readUInt32LE(at + 38) >>> 16) & 0o111) !== 0,
    })
    at += 46 + nameBytes + central.readUInt16LE(at + 30) + central.readUInt16LE(at + 32)
  }
  return members
}

/** Streams one member to `target` (folders are made) and returns its size and sha256. */
export async function unpackMember(
  file: string,
  member: Member,
  target: string,
  onBytes: (bytes: number) => void,
): Promise<Unpacked> {
  const start = await dataStart(file, member)
  await fs.promises.mkdir(path.dirname(target), { recursive: true })
  const hash = createHash('sha256')
  let bytes = 0
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      bytes += chunk.length
      onBytes(chunk.length)
      done(
        bytes > member.bytes ? broken(file, `${member.name} is larger than it says`) : null,
        chunk,
      )
    },
  })
  // On the disk before it is called installed: after a power cut the times of a file say nothing of
  // its content.
  const flush = member.bytes > 1 << 20
  const sink = fs.createWriteStream(target, { mode: member.executable ? 0o755 : 0o644, flush })
  if (member.packed === 0) await pipeline([Buffer.alloc(0)], meter, sink)
  else {
    const source = fs.createReadStream(file, {
      start,
      end: start + member.packed - 1,
      highWaterMark: 1 << 20,
    })
    const inflate = zlib.createInflateRaw({ chunkSize: 1 << 20 })
    await (member.method === 0
      ? pipeline(source, meter, sink)
      : pipeline(source, inflate, meter, sink))
  }
  if (bytes !== member.bytes)
    throw broken(file, `${member.name} has ${bytes} of ${member.bytes} bytes`)
  return { bytes, sha256: hash.digest('hex') }
}

async function dataStart(file: string, member: Member): Promise<number> {
  if (member.method !== 0 && member.method !== 8)
    throw broken(file, `${member.name} uses compression method ${member.method}`)
  const handle = await fs.promises.open(file, 'r')
  try {
    const header = await readAt(handle, member.offset, 30)
    if (header.readUInt32LE(0) !== localRecord)
      throw broken(file, `${member.name} is not where the list says`)
    return member.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
  } finally {
    await handle.close()
  }
}

async function readAt(
  handle: fs.promises.FileHandle,
  position: number,
  bytes: number,
): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes)
  const { bytesRead } = await handle.read(buffer, 0, bytes, position)
  return buffer.subarray(0, bytesRead)
}

function broken(file: string, what: string): StudioError {
  return new StudioError(
    'runtime-failed',
    `Expected a readable package, but ${path.basename(file)} is damaged: ${what}. Install the runtime again.`,
    { reason: 'damaged-package', file: path.basename(file) },
  )
}
