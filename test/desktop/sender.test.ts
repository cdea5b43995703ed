import { describe, expect, it } from 'vitest'
import { isTrustedSender } from '../../main/desktop/sender.ts'

const page = { id: 1 }
const frame = { url: 'app://warder/', parent: null }

describe('isTrustedSender', () => {
  it('trusts the top frame of our window while it shows our page', () => {
    expect(isTrustedSender({ sender: page, senderFrame: frame }, page)).toBe(true)
    const route = { ...frame, url: 'app://warder/index.html#servers' }
    expect(isTrustedSender({ sender: page, senderFrame: route }, page)).toBe(true)
  })

  it('refuses while there is no window', () => {
    expect(isTrustedSender({ sender: page, senderFrame: frame }, null)).toBe(false)
  })

  it('refuses another web contents', () => {
    expect(isTrustedSender({ sender: { id: 2 }, senderFrame: frame }, page)).toBe(false)
  })

  it('refuses a frame inside the page, even one of our own origin', () => {
    const inner = { ...frame, parent: frame }
    expect(isTrustedSender({ sender: page, senderFrame: inner }, page)).toBe(false)
  })

  it('refuses a frame that is gone', () => {
    expect(isTrustedSender({ sender: page, senderFrame: null }, page)).toBe(false)
  })

  it('keeps the window for the passphrase and the page apart', () => {
    const vault = { ...frame, url: 'app://vault/' }
    expect(isTrustedSender({ sender: page, senderFrame: vault }, page, 'app://vault')).toBe(true)
    expect(isTrustedSender({ sender: page, senderFrame: frame }, page, 'app://vault')).toBe(false)
    expect(isTrustedSender({ sender: page, senderFrame: vault }, page)).toBe(false)
  })

  it.each([
    'https://warder/',
    'app://warder.evil.example/',
    'app://warder@evil.example/',
    'app://other/',
    'about:blank',
    'file:///app://warder/',
    '',
  ])('refuses our window while it shows %j', (url) => {
    expect(isTrustedSender({ sender: page, senderFrame: { ...frame, url } }, page)).toBe(false)
  })
})
