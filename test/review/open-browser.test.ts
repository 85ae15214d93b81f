import { describe, expect, it } from 'vitest'
import { browserCommand } from '../../src/review/open-browser.js'

describe('browserCommand', () => {
  it('gives the address as one argument, with no shell in between', () => {
    const url = 'http://127.0.0.1:1/?token=a&b'
    expect(browserCommand('linux', url)).toEqual(['xdg-open', url])
    expect(browserCommand('darwin', url)).toEqual(['open', url])
    expect(browserCommand('win32', url)).toEqual(['rundll32', 'url.dll,FileProtocolHandler', url])
  })
})
