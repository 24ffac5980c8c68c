// HDF5 files of groups and float32 arrays, which is all that Keras keeps weights in. Written by
// hand in 100 lines, since the library that writes HDF5 from JavaScript brings 15 MB; the tests
// read the files with it. HDF5 File Format Specification 3.0: superblock 0, object headers 1, links
// as messages, contiguous data. Offsets have 64 bits, numbers are little endian, everything is
// aligned to 8 bytes, and no time is stored.

export interface Hdf5Array {
  shape: readonly number[]
  values: Float32Array
}

/** Names have 1 to 255 characters of ASCII, no slash. */
export interface Hdf5Group {
  [name: string]: Hdf5Array | Hdf5Group
}

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
const superblockSize = 96
const undefinedAddress = 2n ** 64n - 1n

const messageTypes = {
  dataspace: 0x1,
  linkInfo: 0x2,
  datatype: 0x3,
  fillValue: 0x5,
  link: 0x6,
  layout: 0x8,
  groupInfo: 0xa,
}
type Message = [type: keyof typeof messageTypes, data: Uint8Array]

/** The bytes of a file whose root is `root`; the same each time. */
export function hdf5Bytes(root: Hdf5Group): Uint8Array {
  const pieces: Uint8Array[] = []
  let end = superblockSize
  const place = (bytes: Uint8Array): number => {
    const at = end
    const piece = bytes.length % 8 === 0 ? bytes : packed(bytes)
    pieces.push(piece)
    end += piece.length
    return at
  }
  // what lies below is placed first: a header holds addresses
  const placeArray = ({ shape, values }: Hdf5Array): number => {
    const at = place(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    return place(objectHeader(arrayMessages(shape, at, values.byteLength)))
  }
  const placeGroup = (group: Hdf5Group): number => {
    const links = Object.entries(group).map(([name, entry]): Message => {
      const address = isArray(entry) ? placeArray(entry) : placeGroup(entry)
      return ['link', linkMessage(name, address)]
    })
    return place(objectHeader([...groupMessages(), ...links]))
  }
  const rootAddress = placeGroup(root)
  const file = new Uint8Array(end)
  file.set(superblock(rootAddress, end))
  let at = superblockSize
  for (const piece of pieces) {
    file.set(piece, at)
    at += piece.length
  }
  return file
}

function isArray(entry: Hdf5Array | Hdf5Group): entry is Hdf5Array {
  return entry['values'] instanceof Float32Array
}

function superblock(root: number, end: number): Uint8Array {
  return packed(
    [...signature, 0, 0, 0, 0, 0, 8, 8, 0], // versions; offsets and lengths have 8 bytes
    u16(4, 16), // sizes of a kind of group that is not used here
    u32(0),
    u64(0n, undefinedAddress, end, undefinedAddress), // base, free space, end of file, driver
    u64(0, root), // the root's symbol table entry: no name, its header, nothing cached
    new Uint8Array(24),
  )
}

function objectHeader(messages: Message[]): Uint8Array {
  const bodies = messages.map(([type, data]) => {
    const body = packed(data)
    return packed(u16(messageTypes[type], body.length), [0, 0, 0, 0], body)
  })
  const size = bodies.reduce((sum, body) => sum + body.length, 0)
  return packed([1, 0], u16(messages.length), u32(1, size, 0), ...bodies) // version, count, references, size, padding
}

function arrayMessages(shape: readonly number[], address: number, size: number): Message[] {
  return [
    ['dataspace', packed([1, shape.length, 0, 0, 0, 0, 0, 0], u64(...shape))],
    // IEEE float32: little endian, implied leading bit, sign at 31, exponent 8 bits at 23 with bias
    // 127
    ['datatype', packed([0x11, 0x20, 31, 0], u32(4), u16(0, 32), [23, 8, 0, 23], u32(127))],
    ['fillValue', packed([2, 2, 2, 0])], // none: space is taken when written
    ['layout', packed([3, 1], u64(address, size))], // contiguous
  ]
}

function groupMessages(): Message[] {
  return [
    ['linkInfo', packed([0, 0], u64(undefinedAddress, undefinedAddress))], // all links are in this header
    ['groupInfo', packed([0, 0])],
  ]
}

function linkMessage(name: string, address: number): Uint8Array {
  return packed([1, 0, name.length], Buffer.from(name, 'ascii'), u64(address)) // a hard link
}

/** Parts one after the other, filled up with zeros to a multiple of 8. */
function packed(...parts: (Uint8Array | number[])[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const bytes = new Uint8Array(Math.ceil(length / 8) * 8)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function u16(...values: number[]): Uint8Array {
  return bytesOf(values, 2, (view, at, value) => view.setUint16(at, value, true))
}

function u32(...values: number[]): Uint8Array {
  return bytesOf(values, 4, (view, at, value) => view.setUint32(at, value, true))
}

function u64(...values: (number | bigint)[]): Uint8Array {
  return bytesOf(values, 8, (view, at, value) => view.setBigUint64(at, BigInt(value), true))
}

function bytesOf<T>(
  values: T[],
  size: number,
  set: (view: DataView, at: number, value: T) => void,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * size))
  values.forEach((value, index) => set(view, index * size, value))
  return new Uint8Array(view.buffer)
}
