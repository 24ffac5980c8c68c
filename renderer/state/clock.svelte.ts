// The time of day for ages, read again every 20 seconds: all ages on the screen change together.
class Clock {
  now = $state(Date.now())

  constructor() {
    setInterval(() => (this.now = Date.now()), 20_000)
  }
}

export const clock = new Clock()
