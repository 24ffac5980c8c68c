// Colours of the tokens as canvases and figures need them: #rrggbb, however the style sheet writes
// them.
let probe: CanvasRenderingContext2D | null = null

/** Any CSS colour as #rrggbb, over white where it is transparent. */
export function hexOf(colour: string): string {
  const [red, green, blue] = bytesOf(colour)
  return `#${[red, green, blue].map((value) => value.toString(16).padStart(2, '0')).join('')}`
}

/** Red, green, blue, 0..255. */
export function bytesOf(colour: string): [number, number, number] {
  probe ??= Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext(
    '2d',
    {
      willReadFrequently: true,
    },
  )
  if (!probe) return [0, 0, 0]
  probe.fillStyle = '#fff'
  probe.fillRect(0, 0, 1, 1)
  probe.fillStyle = colour
  probe.fillRect(0, 0, 1, 1)
  const [red = 0, green = 0, blue = 0] = probe.getImageData(0, 0, 1, 1).data
  return [red, green, blue]
}
