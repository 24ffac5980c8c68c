// Zips made byte by byte, so that they may lie: about sizes, names, kinds and places.
import { crc32, deflateRawSync } from 'node:zlib'

export interface RawEntry {
  name: string | Buffer
  bytes: Uint8Array
  deflate?: boolean
  /** What the directory says instead of the truth. */
  claims?: {
    bytes?: number
    packed?: number
    crc?: number
    method?: number
    header?: number
    flags?: number
    attributes?: number
  }
  /** Name in the local header. */
  inside?: string
}

export function rawZip(
  entries: RawEntry[],
  end: { count?: number; comment?: string } = {},
): Buffer {
  const local: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, bytes, deflate, claims = {}, inside } of entries) {
    const packed = deflate ? deflateRawSync(bytes) : bytes
    const [method, named, local0] = [
      claims.method ?? (deflate ? 8 : 0),
      Buffer.from(name),
      Buffer.from(inside ?? name),
    ]
    const crc = claims.crc ?? crc32(bytes)
    const sizes = [claims.packed ?? packed.length, claims.bytes ?? bytes.length] as const
    const header = Buffer.alloc(30)
    header.writeUInt32LE(0x04034b50)
    header.writeUInt16LE(method, 8)
    header.writeUInt32LE(crc, 14)
    header.writeUInt32LE(sizes[0], 18)
    header.writeUInt32LE(sizes[1], 22)
    header.writeUInt16LE(local0.length, 26)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50)
    entry.writeUInt16LE(claims.flags ?? 0x800, 8)
    entry.writeUInt16LE(method, 10)
    entry.writeUInt32LE(crc, 16)
    entry.writeUInt32LE(sizes[0], 20)
    entry.writeUInt32LE(sizes[1], 24)
    entry.writeUInt16LE(named.length, 28)
    entry.writeUInt32LE(claims.attributes ?? 0, 38)
    entry.writeUInt32LE(claims.header ?? at, 42)
    local.push(header, local0, Buffer.from(packed))
    directory.push(entry, named)
    at += 30 + local0.length + packed.length
  }
  const [middle, comment, tail] = [
    Buffer.concat(directory),
    Buffer.from(end.comment ?? ''),
    Buffer.alloc(22),
  ]
  tail.writeUInt32LE(0x06054b50)
  tail.writeUInt16LE(end.count ?? entries.length, 8)
  tail.writeUInt16LE(end.count ?? entries.length, 10)
  tail.writeUInt32LE(middle.length, 12)
  tail.writeUInt32LE(at, 16)
  tail.writeUInt16LE(comment.length, 20)
  return Buffer.concat([...local, middle, tail, comment])
}
