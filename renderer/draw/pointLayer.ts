// Points by WebGL 2: one buffer, one draw call. Each point is a disc with a thin rim, coloured
// through a table of its class; a class that is not shown is transparent in the table. Nothing of
// this is compiled from text at run time but the two shaders, so it works under a strict content
// policy.
import { bytesOf } from './colour.ts'
import type { Points, PointStyle, Window } from './points.ts'

const vertexShader = `#version 300 es
in vec2 place;
in uint label;
uniform vec4 view; // left, top, 1 / width, 1 / height on the plane's scale
uniform float side; // of a point's square, device pixels
uniform sampler2D table;
flat out vec4 colour;
void main() {
  colour = texelFetch(table, ivec2(int(label), 0), 0);
  vec2 share = (place - view.xy) * view.zw;
  gl_Position = colour.a == 0.0 ? vec4(2.0, 2.0, 0.0, 1.0) : vec4(2.0 * share.x - 1.0, 1.0 - 2.0 * share.y, 0.0, 1.0);
  gl_PointSize = side;
}`

const fragmentShader = `#version 300 es
precision highp float; // as in the vertex shader, which shares a uniform
flat in vec4 colour;
uniform float side;
uniform float radius;
uniform vec4 rim; // colour, width in device pixels
out vec4 pixel;
void main() {
  float away = length(gl_PointCoord - 0.5) * side;
  float disc = clamp(radius - away + 0.5, 0.0, 1.0);
  float whole = clamp(radius + rim.a - away + 0.5, 0.0, 1.0);
  if (whole <= 0.0) discard;
  pixel = vec4(mix(rim.rgb, colour.rgb, disc) * whole, whole);
}`

const tableWidth = 256 // classes

export class PointLayer {
  readonly #gl: WebGL2RenderingContext
  readonly #uniforms: Record<
    'view' | 'side' | 'radius' | 'rim' | 'table',
    WebGLUniformLocation | null
  >
  readonly #places: WebGLBuffer
  readonly #labels: WebGLBuffer
  readonly #table: Uint8Array = new Uint8Array(tableWidth * 4)
  #uploaded: Points | null = null

  private constructor(gl: WebGL2RenderingContext, program: WebGLProgram) {
    this.#gl = gl
    gl.useProgram(program)
    const uniform = (name: string) => gl.getUniformLocation(program, name)
    this.#uniforms = {
      view: uniform('view'),
      side: uniform('side'),
      radius: uniform('radius'),
      rim: uniform('rim'),
      table: uniform('table'),
    }
    const attribute = (name: string) => {
      const location = gl.getAttribLocation(program, name)
      const buffer = gl.createBuffer()
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
      gl.enableVertexAttribArray(location)
      if (name === 'label') gl.vertexAttribIPointer(location, 1, gl.UNSIGNED_BYTE, 0, 0)
      else gl.vertexAttribPointer(location, 2, gl.FLOAT, false, 0, 0)
      return buffer
    }
    this.#places = attribute('place')
    this.#labels = attribute('label')
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture())
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST)
    gl.enable(gl.BLEND)
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA) // colours come premultiplied
  }

  /** Null where WebGL 2 is missing, or refuses the shaders. */
  static on(canvas: HTMLCanvasElement): PointLayer | null {
    const gl = canvas.getContext('webgl2', {
      antialias: false,
      depth: false,
      stencil: false,
      alpha: true,
    })
    const program = gl && !gl.isContextLost() ? programOf(gl) : null
    return gl && program ? new PointLayer(gl, program) : null
  }

  /** The canvas has its size in device pixels already. */
  draw(points: Points, window: Window, style: PointStyle): void {
    const gl = this.#gl
    if (gl.isContextLost()) return
    this.#upload(points)
    this.#fillTable(style)
    const rim = bytesOf(style.rim).map((byte) => byte / 255) as [number, number, number]
    const { across, down } = window
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight)
    gl.clearColor(0, 0, 0, 0)
    gl.clear(gl.COLOR_BUFFER_BIT)
    gl.uniform4f(
      this.#uniforms.view,
      across[0],
      down[0],
      1 / (across[1] - across[0]),
      1 / (down[1] - down[0]),
    )
    gl.uniform1f(this.#uniforms.side, Math.ceil(2 * (style.radius + style.rimWidth)) + 1)
    gl.uniform1f(this.#uniforms.radius, style.radius)
    gl.uniform4f(this.#uniforms.rim, ...rim, style.rimWidth)
    gl.drawArrays(gl.POINTS, 0, points.labels.length)
  }

  /** Milliseconds that one drawing takes until it is done, not only ordered. */
  time(points: Points, window: Window, style: PointStyle): number {
    const gl = this.#gl
    const done = () => gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4))
    this.draw(points, window, style) // brings the points over
    done()
    const begun = performance.now()
    this.draw(points, window, style)
    done()
    return performance.now() - begun
  }

  /** Gives the buffers back at once instead of when the canvas is collected. */
  close(): void {
    const gl = this.#gl
    gl.deleteBuffer(this.#places)
    gl.deleteBuffer(this.#labels)
    gl.getExtension('WEBGL_lose_context')?.loseContext()
  }

  #upload(points: Points): void {
    if (this.#uploaded === points) return
    const gl = this.#gl
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#places)
    gl.bufferData(gl.ARRAY_BUFFER, points.positions, gl.STATIC_DRAW)
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#labels)
    gl.bufferData(gl.ARRAY_BUFFER, points.labels, gl.STATIC_DRAW)
    this.#uploaded = points
  }

  #fillTable({ colours, shown }: PointStyle): void {
    const gl = this.#gl
    const bytes = colours.map(bytesOf)
    for (let label = 0; label < tableWidth; label++) {
      this.#table.set(bytes[label % bytes.length] ?? [0, 0, 0], label * 4)
      this.#table[label * 4 + 3] = !shown || shown.has(label) ? 255 : 0
    }
    gl.texImage2D(
      gl.TEXTURE_2D,
      0,
      gl.RGBA,
      tableWidth,
      1,
      0,
      gl.RGBA,
      gl.UNSIGNED_BYTE,
      this.#table,
    )
    gl.uniform1i(this.#uniforms.table, 0)
  }
}

function programOf(gl: WebGL2RenderingContext): WebGLProgram | null {
  const program = gl.createProgram()
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, vertexShader],
    [gl.FRAGMENT_SHADER, fragmentShader],
  ] as const) {
    const shader = gl.createShader(kind)
    if (!shader) return null
    gl.shaderSource(shader, source)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
  }
  gl.linkProgram(program)
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null
}
