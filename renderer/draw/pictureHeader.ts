// What a picture file says of itself in its first bytes: its format and its size, read before
// anything is decoded.

export interface PictureHeader {
  format: 'PNG' | 'JPEG' | 'GIF' | 'BMP' | 'WebP'
  width: number
  height: number
}

/** Null for what is none of the five formats, or ends before its size is told. */
export function pictureHeader(bytes: Uint8Array): PictureHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    return readPng(view) ?? readGif(view) ?? readBmp(view) ?? readWebp(view) ?? readJpeg(view)
  } catch (thrown) {
    // a read past the end: the file is cut off
    if (thrown instanceof RangeError) return null
    throw thrown
  }
}

const text = (view: DataView, at: number, length: number) =>
  String.fromCharCode(...Array.from({ length }, (_, i) => view.getUint8(at + i)))

// PNG (W3C 2003), 11.2.2: the header chunk comes first
function readPng(view: DataView): PictureHeader | null {
  if (
    view.getUint32(0) !== 0x89504e47 ||
    view.getUint32(4) !== 0x0d0a1a0a ||
    text(view, 12, 4) !== 'IHDR'
  )
    return null
  return { format: 'PNG', width: view.getUint32(16), height: view.getUint32(20) }
}

// GIF89a (CompuServe 1990), section 18: the logical screen
function readGif(view: DataView): PictureHeader | null {
  if (!['GIF87a', 'GIF89a'].includes(text(view, 0, 6))) return null
  return { format: 'GIF', width: view.getUint16(6, true), height: view.getUint16(8, true) }
}

// BITMAPCOREHEADER has 12 bytes and 16-bit sizes; in all later ones a negative height stands for
// rows from the top
function readBmp(view: DataView): PictureHeader | null {
  if (text(view, 0, 2) !== 'BM') return null
  if (view.getUint32(14, true) === 12)
    return { format: 'BMP', width: view.getUint16(18, true), height: view.getUint16(20, true) }
  return {
    format: 'BMP',
    width: Math.abs(view.getInt32(18, true)),
    height: Math.abs(view.getInt32(22, true)),
  }
}

// RFC 9649: lossy, lossless and extended files keep the size in different places
function readWebp(view: DataView): PictureHeader | null {
  if (text(view, 0, 4) !== 'RIFF' || text(view, 8, 4) !== 'WEBP') return null
  const kind = text(view, 12, 4)
  if (kind === 'VP8 ')
    return {
      format: 'WebP',
      width: view.getUint16(26, true) & 0x3fff,
      height: view.getUint16(28, true) & 0x3fff,
    }
  if (kind === 'VP8L') {
    const bits = view.getUint32(21, true)
    return { format: 'WebP', width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
  }
  if (kind !== 'VP8X') return null
  const size = (at: number) => (view.getUint16(at, true) | (view.getUint8(at + 2) << 16)) + 1
  return { format: 'WebP', width: size(24), height: size(27) }
}

// ITU-T T.81, B.2: segments one after the other until a frame header (SOF0 to SOF15 without DHT,
// JPG and DAC)
function readJpeg(view: DataView): PictureHeader | null {
  if (view.getUint16(0) !== 0xffd8) return null
  let at = 2
  for (;;) {
    if (view.getUint8(at) !== 0xff) return null
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) at += 1
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { format: 'JPEG', width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
    else if (marker === 0xda || marker === 0xd9) return null
    else
      at += 2 + (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7) ? 0 : view.getUint16(at + 2))
  }
}
